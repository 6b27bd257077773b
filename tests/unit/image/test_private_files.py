"""The files with a build's secrets."""

import base64
import json
import stat
from pathlib import Path
from typing import Any

import pytest

from components.image.private_files import PrivateFiles, with_login
from components.secret import Secret
from components.settings import RegistryLogin

LOGIN = RegistryLogin(Secret("user"), Secret("pass:word"))
AUTH = {"auth": base64.b64encode(b"user:pass:word").decode()}


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({}, {"auths": {"ghcr.io": AUTH}, "credHelpers": {"ghcr.io": ""}}),
        (
            {"auths": {"other": {}}, "credsStore": "desktop", "credHelpers": {"ghcr.io": "gh", "gcr.io": "gcloud"}},
            {
                "auths": {"other": {}, "ghcr.io": AUTH},
                "credsStore": "desktop",
                "credHelpers": {"ghcr.io": "", "gcr.io": "gcloud"},
            },
        ),
    ],
)
def test_the_login_is_added_to_the_users_own(config: dict[str, Any], expected: dict[str, Any]) -> None:
    assert with_login(config, "ghcr.io", LOGIN) == expected


def test_docker_hub_has_a_name_of_its_own() -> None:
    assert list(with_login({}, "docker.io", LOGIN)["auths"]) == ["https://index.docker.io/v1/"]


def test_the_files_are_only_for_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    (home / "cli-plugins").mkdir(parents=True)
    (home / "config.json").write_text('{"currentContext": "colima"}')
    monkeypatch.setenv("DOCKER_CONFIG", str(home))
    folder = tmp_path / "private"
    PrivateFiles({"TOKEN": Secret("line\r\nzwölf\n")}, "ghcr.io", LOGIN).write(folder)
    assert (folder / "secrets" / "TOKEN").read_bytes() == "line\r\nzwölf\n".encode()
    config = json.loads((folder / "docker" / "config.json").read_text())
    assert (config["currentContext"], config["auths"]) == ("colima", {"ghcr.io": AUTH})
    assert (folder / "docker" / "cli-plugins").resolve() == home / "cli-plugins"
    for path in (folder / "secrets", folder / "docker"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
    for path in (folder / "secrets" / "TOKEN", folder / "docker" / "config.json"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_without_secrets_nothing_is_written(tmp_path: Path) -> None:
    PrivateFiles().write(tmp_path / "private")
    assert not (tmp_path / "private").exists()
