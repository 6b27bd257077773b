"""What is made from the code is what is committed."""

import json
import re
from pathlib import Path

import yaml

from components.settings import load_settings
from components.settings.reference import pulumi_config, reference

PROJECT = Path(__file__).resolve().parents[2]


def test_the_reference_of_the_settings_is_current() -> None:
    assert (PROJECT / "docs" / "settings.md").read_text() == reference(), "run `make docs`"


def test_pulumi_yaml_declares_every_setting() -> None:
    assert (PROJECT / "Pulumi.yaml").read_text().endswith(pulumi_config()), "run `make docs`"


def test_the_production_example_is_valid_once_its_secrets_are_set(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").touch()
    text = (PROJECT / "Pulumi.prod.yaml").read_text()
    names = re.findall(r"config set --secret --path secrets\.(\w+)", text)
    config = {key.removeprefix("deploy:"): value for key, value in yaml.safe_load(text)["config"].items()}
    config["secrets"] = dict.fromkeys(names, "x")
    raw = {key: value if isinstance(value, str) else json.dumps(value) for key, value in config.items()}
    settings = load_settings(raw, stack="prod", secret_keys=["secrets"], project_dir=tmp_path)
    assert [role.name for role in settings.roles()] == ["web", "worker"]
    assert settings.registry_login()
