"""Each key of Kamal's deploy.yml is what docs/from-kamal.md says: a key here, called otherwise, or refused with a sentence."""

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from components.errors import SettingsError
from components.settings import load_settings
from components.settings.deploy_yml import DEPLOY_YML, DeployYmlKey, deploy_yml_keys
from components.settings.kamal_keys import KAMAL_HOOK_HINTS, KAMAL_KEY_HINTS
from components.settings.reference import sections
from components.settings.stack_schema import settings_schema
from tests.certificates import issue
from tests.unit.settings.loading import problems, raw_config, report_lines

FILES: list[dict[str, Any]] = list(yaml.safe_load_all((Path(__file__).parent / "deploy.yml").read_text()))

# Mappings whose keys are the user's own, or those of another section.
OWN_KEYS = (
    "labels",
    "env.clear",
    "env.tags",
    "servers.ROLE.labels",
    "servers.ROLE.options",
    "servers.ROLE.env",
    "servers.ROLE.logging",
    "servers.ROLE.proxy",
    "builder.args",
    "proxy.run.options",
    "logging.options",
    "accessories.NAME.registry",
    "accessories.NAME.labels",
    "accessories.NAME.options",
    "accessories.NAME.env",
    "accessories.NAME.proxy",
    "aliases",
)

# What the values in the files refer to.
SECRETS = (
    "TOKEN",
    "DATABASE_URL",
    "MAIN_DB_PASSWORD",
    "REPORTS_KEY",
    "KAMAL_REGISTRY_USERNAME",
    "KAMAL_REGISTRY_PASSWORD",
    "CERTIFICATE_PEM",
    "PRIVATE_KEY_PEM",
    "SSH_PRIVATE_KEY",
    "GITHUB_TOKEN",
    "POSTGRES_PASSWORD",
    "DB_REGISTRY_USER",
    "DB_REGISTRY_PASSWORD",
)

ISSUED = issue()

KEYS = tuple(deploy_yml_keys())
REFUSED = tuple(key for key in KEYS if key.refused_by == key.path)


def paths(
    settings: dict[str, Any], above: str = "", place: tuple[str, ...] = ()
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the path of each key in the form of the table, with where it is in a file."""
    for name, value in settings.items():
        known = {"servers": "ROLE", "accessories": "NAME"}.get(above, name)
        path = f"{above}.{known}".lstrip(".")
        # A role that is a plain list of hosts, and `env` that is a plain mapping, have no keys of their own.
        if known == name:
            yield path, (*place, name)
        is_flat_env = path == "env" and isinstance(value, dict) and not value.keys() & {"clear", "secret"}
        if isinstance(value, dict) and path not in OWN_KEYS and not is_flat_env:
            yield from paths(value, path, (*place, name))


def file_with(wanted: str) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return the first file that has a key, and where."""
    for file in FILES:
        for path, place in paths(file):
            if path == wanted:
                return file, place
    raise AssertionError(f"no file has {wanted}")


def without(file: dict[str, Any], refused: set[str]) -> dict[str, Any]:
    """Return a file without the keys that are refused."""
    kept = copy.deepcopy(file)
    for path, place in paths(file):
        if path in refused:
            section = kept
            for name in place[:-1]:
                section = section.get(name, {})
            section.pop(place[-1], None)
    return kept


def load_deploy_yml(folder: Path, file: dict[str, Any]) -> None:
    """Load what a file says as the config of a stack."""
    (folder / "Dockerfile").touch()
    (folder / ".kamal" / "hooks").mkdir(parents=True, exist_ok=True)
    (folder / "public").mkdir(exist_ok=True)
    for page in ("404.html", "503.html"):
        (folder / "public" / page).touch()
    (folder / "config").mkdir(exist_ok=True)
    for name in ("postgres.conf", "probe.yml"):
        (folder / "config" / name).touch()
    pems = {"CERTIFICATE_PEM": ISSUED.certificate, "PRIVATE_KEY_PEM": ISSUED.key}
    config = raw_config({**file, "secrets": dict.fromkeys(SECRETS, "x") | pems})
    load_settings(config, stack="prod", secret_keys=["secrets"], project_dir=folder)


def test_the_table_has_every_key_of_kamal_and_no_other() -> None:
    assert {path for file in FILES for path, _ in paths(file)} == set(DEPLOY_YML)


@pytest.mark.parametrize("number", range(len(FILES)))
def test_all_keys_that_are_the_same_are_accepted_together(number: int, tmp_path: Path) -> None:
    load_deploy_yml(tmp_path, without(FILES[number], {key.path for key in REFUSED}))


@pytest.mark.parametrize("key", REFUSED, ids=lambda key: key.path)
def test_a_key_that_is_refused_is_answered_with_the_sentence_of_the_table(key: DeployYmlKey, tmp_path: Path) -> None:
    file, place = file_with(key.path)
    config = without(file, {other.path for other in REFUSED} - {key.path})
    with pytest.raises(SettingsError) as caught:
        load_deploy_yml(tmp_path, config)
    # Not the only line: another key may be broken, too, and has a test of its own.
    assert f"{'.'.join(place)}: {key.refusal}" in report_lines(caught.value)


@pytest.mark.parametrize("key", [key for key in KEYS if key.renamed], ids=lambda key: key.path)
def test_the_other_name_of_a_key_is_one_of_the_settings(key: DeployYmlKey) -> None:
    known = {
        f"{path}.{name}".lstrip(".") for path, section in sections(settings_schema()) for name in section["properties"]
    }
    assert key.renamed in known


def test_a_sentence_is_of_a_key_that_kamal_has_or_has_had() -> None:
    kamal_1 = {"traefik", "healthcheck"}
    elsewhere = {path for path in KAMAL_KEY_HINTS if path.endswith(".env.tags")}
    assert KAMAL_KEY_HINTS.keys() - DEPLOY_YML.keys() - elsewhere == kamal_1


def test_a_hook_of_kamal_that_is_not_run_here_is_refused(tmp_path: Path) -> None:
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    for name in ("pre-proxy-reboot", "post-proxy-reboot", "post-deploy"):
        (hooks / name).touch(mode=0o755)
    assert problems(tmp_path) == [
        f"hooks.path (hooks/{name}): {KAMAL_HOOK_HINTS[name]}" for name in ("post-proxy-reboot", "pre-proxy-reboot")
    ]
