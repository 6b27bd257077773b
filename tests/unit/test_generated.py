"""Generated files are current, and the example of a production stack is valid."""

import json
import re
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft7Validator

from components.settings import Settings, load_settings
from components.settings.reference import PROJECT, generated_files
from tests.unit.settings.loading import VALID, load, raw_config

FILES = generated_files()


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PROJECT)))
def test_a_generated_file_is_current(file: Path) -> None:
    assert file.read_text() == FILES[file], "run `make docs`"


def test_pulumi_yaml_declares_every_setting() -> None:
    declared = yaml.safe_load((PROJECT / "Pulumi.yaml").read_text())["config"]
    schema = json.loads((PROJECT / "docs" / "stack.schema.json").read_text())
    assert [f"deploy:{key}" for key in declared] == list(schema["properties"]["config"]["properties"])


def test_the_defaults_that_pulumi_fills_in_change_nothing(tmp_path: Path) -> None:
    declared = yaml.safe_load((PROJECT / "Pulumi.yaml").read_text())["config"]
    defaults = raw_config({key: setting["default"] for key, setting in declared.items()})
    (tmp_path / "Dockerfile").touch()
    filled_in = load_settings(defaults | raw_config(VALID), stack="prod", secret_keys=["secrets"], project_dir=tmp_path)
    assert filled_in == load(tmp_path)


def test_the_production_example_is_valid_once_its_secrets_are_set(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").touch()
    text = (PROJECT / "Pulumi.prod.yaml").read_text()
    config = {key.removeprefix("deploy:"): value for key, value in yaml.safe_load(text)["config"].items()}
    secrets = re.findall(r"config set --secret --path 'deploy:secrets\.(\w+)'", text)
    raw = raw_config(config | {"secrets": dict.fromkeys(secrets, "x")})
    settings = load_settings(raw, stack="prod", secret_keys=["secrets"], project_dir=tmp_path)
    assert [role.name for role in settings.roles] == ["web", "worker"]
    assert settings.registry_login


def test_the_production_example_shows_every_key() -> None:
    text = (PROJECT / "Pulumi.prod.yaml").read_text()
    shown = re.findall(r"^  (?:# )?deploy:(\w+):", text, re.MULTILINE)
    assert sorted(shown) == sorted(Settings.model_fields)


@pytest.mark.parametrize("folder", [PROJECT, PROJECT / "template"], ids=["clone", "template"])
def test_an_example_is_valid_by_the_schema_that_it_names(folder: Path) -> None:
    text = (folder / "Pulumi.prod.yaml").read_text()
    schema = folder / text.splitlines()[0].removeprefix("# yaml-language-server: $schema=")
    Draft7Validator(json.loads(schema.read_text())).validate(yaml.safe_load(text))
