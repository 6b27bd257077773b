"""`.local/env`: the environment of the user's own stacks."""

import subprocess
from pathlib import Path

import pytest

from dev.toolchain import environment, paths

# Where a stack is stored and how it is encrypted: the user's decision.
USERS_OWN = {
    "PULUMI_BACKEND_URL": "s3://mine",
    "PULUMI_CONFIG_PASSPHRASE": "mine",
    "PULUMI_CONFIG_PASSPHRASE_FILE": "/mine",
    "PULUMI_ACCESS_TOKEN": "mine",
}


def source(**variables: str) -> dict[str, str]:
    """Source the file in a shell that has these variables; return the ones it has afterwards."""
    words = ["sh", "-euc", '. "$1"; env -0', "sh", str(paths.ENVIRONMENT)]
    done = subprocess.run(words, env={"PATH": "/usr/bin:/bin", **variables}, capture_output=True, text=True, check=True)
    return dict(line.split("=", 1) for line in done.stdout.split("\0") if line)


@pytest.mark.parametrize("stand_ins", [True, False])
def test_it_leaves_the_users_backend_and_passphrase_alone(stand_ins: bool, local: Path) -> None:
    # An environment of the sandbox beside it makes no difference.
    (local / "sandbox").mkdir()
    (local / "sandbox" / "env").write_text("export PULUMI_BACKEND_URL=file:///sandbox\n")
    environment.write(local / "cli", stand_ins=stand_ins)
    assert not USERS_OWN.keys() & source().keys()
    assert USERS_OWN.items() <= source(**USERS_OWN).items()


def test_the_clones_programs_come_first_on_the_path(local: Path) -> None:
    environment.write(local / "cli", stand_ins=False)
    folders = source()["PATH"].split(":")
    assert folders == [str(paths.VENV / "bin"), str(local / "cli"), str(paths.BIN), "/usr/bin", "/bin"]


def test_python_may_keep_what_it_compiles(local: Path) -> None:
    environment.write(local / "cli", stand_ins=False)
    assert "PYTHONDONTWRITEBYTECODE" not in source(PYTHONDONTWRITEBYTECODE="1")


def test_with_official_plugins_the_users_pulumi_home_is_used(local: Path) -> None:
    environment.write(local / "cli", stand_ins=False)
    assert "PULUMI_HOME" not in source()
    assert source(PULUMI_HOME="/mine")["PULUMI_HOME"] == "/mine"
    assert "PULUMI_IGNORE_AMBIENT_PLUGINS" not in source()
    assert "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION" not in source()


def test_stand_in_plugins_come_from_a_pulumi_home_of_their_own_and_from_nowhere_else(local: Path) -> None:
    environment.write(local / "cli", stand_ins=True)
    variables = source(PULUMI_HOME="/mine")
    assert variables["PULUMI_HOME"] == str(local / "pulumi-home")
    assert variables["PULUMI_IGNORE_AMBIENT_PLUGINS"] == "true"
    assert variables["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"] == "true"


def test_a_folder_can_have_any_name(local: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = local / "a b$HOME\"q'`id`}"
    folder.mkdir()
    monkeypatch.setattr(paths, "ENVIRONMENT", folder / "env")
    monkeypatch.setattr(paths, "STAND_IN_HOME", folder / "home")
    environment.write(folder, stand_ins=True)
    variables = source(HOME="/root")
    assert variables["PULUMI_HOME"] == str(folder / "home")
    assert str(folder) in variables["PATH"].split(":")
