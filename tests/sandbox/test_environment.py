"""The environment to deploy to the sandbox with."""

import stat
from pathlib import Path

import pytest

from dev.sandbox import environment
from dev.sandbox.paths import Paths

DIRECT = ["10.213.1.0/24", "10.213.1.2"]


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    """The paths of a sandbox that was never started."""
    return Paths(tmp_path)


def test_it_has_a_pulumi_home_state_and_passphrase_of_its_own(paths: Paths) -> None:
    environment.write(paths, DIRECT)
    loaded = environment.load(paths)
    assert loaded["PULUMI_HOME"] == f"{paths.project}/.local/pulumi"
    assert loaded["PULUMI_BACKEND_URL"] == f"file://{paths.project}/.local/state"
    assert loaded["PULUMI_CONFIG_PASSPHRASE_FILE"] == f"{paths.project}/.local/passphrase"
    assert paths.pulumi_state.is_dir()
    assert stat.S_IMODE(paths.passphrase.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "name",
    [
        "PULUMI_ACCESS_TOKEN",
        "PULUMI_BACKEND_URL",
        "PULUMI_CONFIG",
        "PULUMI_CONFIG_PASSPHRASE",
        "PULUMI_CONFIG_PASSPHRASE_FILE",
        "PULUMI_CREDENTIALS_PATH",
        "PULUMI_HOME",
        "PULUMI_OPTION_PARALLEL",
        "PULUMI_ORG",
        "PULUMI_STACK",
    ],
)
def test_nothing_that_the_user_has_set_for_pulumi_is_left(
    paths: Paths, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    environment.write(paths, DIRECT)
    monkeypatch.setenv(name, "the user's")
    assert "the user's" not in environment.load(paths).values()


def test_it_includes_what_the_toolchain_provides(paths: Paths) -> None:
    environment.write(paths, DIRECT)
    (paths.local / "env").write_text("export PATH=/toolchain:$PATH PULUMI_SKIP_UPDATE_CHECK=true PULUMI_HOME=/other\n")
    loaded = environment.load(paths)
    assert loaded["PATH"].startswith("/toolchain:")
    assert loaded["PULUMI_SKIP_UPDATE_CHECK"] == "true"
    assert loaded["PULUMI_HOME"] == str(paths.pulumi_home)


def test_the_passphrase_stays_the_same(paths: Paths) -> None:
    environment.write(paths, DIRECT)
    first = paths.passphrase.read_text()
    environment.write(paths, DIRECT)
    assert len(first.strip()) > 30
    assert paths.passphrase.read_text() == first


def test_the_users_exceptions_from_their_proxy_stay(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    environment.write(paths, DIRECT)
    monkeypatch.setenv("NO_PROXY", "example.com")
    monkeypatch.delenv("no_proxy", raising=False)
    loaded = environment.load(paths)
    assert loaded["NO_PROXY"] == "10.213.1.0/24,10.213.1.2,example.com"
    assert loaded["no_proxy"] == "10.213.1.0/24,10.213.1.2"


def test_a_path_with_spaces_and_quotes_arrives(tmp_path: Path) -> None:
    paths = Paths(tmp_path / "it's a $HOME")
    paths.project.mkdir()
    environment.write(paths, DIRECT)
    assert environment.load(paths)["PULUMI_HOME"] == str(paths.pulumi_home)
