"""`python3 -m dev.toolchain`, and what it decides."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import dev.toolchain.__main__ as command_line
from dev.toolchain import download, paths
from dev.toolchain.go_programs import KAMAL_PROXY
from tests.unit.dev.toolchain.conftest import Script

PROJECT = paths.PROJECT


def python(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run Python in the project."""
    variables = {**os.environ, **environment}
    return subprocess.run([sys.executable, *words], cwd=PROJECT, env=variables, capture_output=True, text=True)


def test_an_old_python_is_told_in_a_line() -> None:
    done = python("-c", "import sys; sys.version_info = (3, 9); import dev.toolchain")
    assert done.returncode == 1
    assert done.stderr.startswith("toolchain: Python 3.11 or newer is needed")
    assert "Traceback" not in done.stderr


def test_a_folder_that_cannot_be_made_is_told_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = python("-m", "dev.toolchain", KAMAL_ENGINE_CACHE=str(tmp_path / "file" / "cache"))
    assert done.returncode == 1
    assert done.stderr.startswith("toolchain: ")
    assert len(done.stderr.splitlines()) == 1


def test_builds_are_kept_in_the_folder_that_the_variable_names(tmp_path: Path) -> None:
    script = "from dev.toolchain import paths; print(paths.BUILT); print(paths.BIN)"
    done = python("-c", script, KAMAL_ENGINE_CACHE=str(tmp_path))
    assert done.stdout.splitlines() == [str(tmp_path), str(PROJECT / ".local/engine/bin")]


def test_the_check_gets_the_tests_python_environment_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Path] = []
    monkeypatch.setattr("dev.toolchain.python_env.ensure", lambda folder, *_, **__: made.append(folder))
    monkeypatch.setattr(command_line, "_set_up_pulumi", lambda _: pytest.fail("Pulumi is set up"))
    monkeypatch.setattr(sys, "argv", ["toolchain", "--check"])
    assert command_line.main() == 0
    assert made == [paths.TEST_VENV]


def test_where_no_cli_is_installed_the_official_one_is_downloaded_also_without_go(
    local: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(command_line, "downloaded_cli", lambda: local)
    assert command_line._official_cli() == local / "pulumi"


def test_an_installed_cli_is_used_in_place_of_a_download(pulumi: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    installed = pulumi("installed")
    monkeypatch.setenv("PATH", f"{installed.parent}:/usr/bin:/bin")
    monkeypatch.setattr(command_line, "downloaded_cli", lambda: pytest.fail("it is downloaded"))
    assert command_line._official_cli() == installed


def test_a_cli_that_was_refused_is_replaced_by_a_download(
    pulumi: Script, local: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(pulumi("old", "3.100.0").parent))
    monkeypatch.setattr(command_line, "downloaded_cli", lambda: local)
    assert command_line._official_cli() == local / "pulumi"
    assert "is not used: it is version 3.100.0" in capsys.readouterr().out


def test_with_an_official_cli_and_plugins_nothing_is_built_and_nothing_built_stays(
    site: Path, pulumi: Script, built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (site / download.cli_url().rpartition("/")[2]).touch()
    monkeypatch.setenv("PATH", f"{pulumi('installed').parent}:/usr/bin:/bin")
    built_earlier = [paths.BIN / name for name in ("pulumi", "pulumi-language-python", "pulumi-language-python-exec")]
    for file in built_earlier:
        file.touch()
    command_line._set_up_pulumi([])
    assert not any(file.exists() for file in built_earlier)
    assert [file.name for file in built.iterdir()] == ["bin"]
    assert "PULUMI_HOME" not in paths.ENVIRONMENT.read_text()
    assert not paths.STAND_IN_HOME.exists()


def test_where_nothing_can_be_downloaded_everything_is_built(
    site: Path, script: Script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script(tmp_path / "sdk" / "python" / "cmd" / "pulumi-language-python-exec")
    go = script(
        tmp_path / "go" / "go",
        '[ "$1" = version ] && { echo go version go1.26.8 linux/amd64; exit; }',
        f'[ "$1" = mod ] && {{ echo \'{{"Dir": "{tmp_path / "sdk"}"}}\'; exit; }}',
        'while [ "$1" != -o ]; do shift; done',
        'printf \'#!/bin/sh\\n\' >"$2"; chmod +x "$2"',
    )
    monkeypatch.setenv("PATH", f"{go.parent}:/usr/bin:/bin")
    (paths.SANDBOX_HOME / "plugins").mkdir(parents=True)
    command_line._set_up_pulumi([KAMAL_PROXY])
    assert sorted(file.name for file in paths.BIN.iterdir()) == [
        "kamal-proxy",
        "pulumi",
        "pulumi-language-python",
        "pulumi-language-python-exec",
    ]
    assert f"export PULUMI_HOME={paths.STAND_IN_HOME}\n" in paths.ENVIRONMENT.read_text()
    assert (paths.STAND_IN_HOME / "plugins").is_dir()


def test_it_runs_outside_of_the_virtual_environments_that_it_makes_again(tmp_path: Path) -> None:
    environment = tmp_path / "env"
    python("-m", "venv", "--without-pip", str(environment))
    script = "import sys; from dev.toolchain.__main__ import _leave_virtual_environment as leave; leave()"
    words = [str(environment / "bin" / "python"), "-c", script, "--help"]
    done = subprocess.run(words, cwd=PROJECT, capture_output=True, text=True, env={"PATH": "/usr/bin:/bin"})
    assert "usage: python3 -m dev.toolchain" in done.stdout, done.stderr
