"""Long commands."""

import os
import time
from pathlib import Path

import pytest

from dev.toolchain import progress
from dev.toolchain.errors import ToolchainError
from dev.toolchain.progress import run

ENVIRONMENT = {"PATH": "/usr/bin:/bin"}


def test_a_command_that_takes_long_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(progress, "INTERVAL", 0.1)
    run("the nap", ["sleep", "0.3"], tmp_path, tmp_path / "log", ENVIRONMENT, 9)
    assert "toolchain:   the nap: 0 s so far\n" in capsys.readouterr().out


def test_a_command_that_takes_too_long_is_stopped_and_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "INTERVAL", 0.1)
    with pytest.raises(ToolchainError, match="the nap took more than 0 s"):
        run("the nap", ["sleep", "30"], tmp_path, tmp_path / "log", ENVIRONMENT, 0)


def test_a_command_that_does_not_stop_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "INTERVAL", 0.3)
    monkeypatch.setattr(progress, "GRACE", 0.2)
    deaf = "trap '' TERM; echo $$; while :; do sleep 0.1; done"
    started = time.monotonic()
    with pytest.raises(ToolchainError, match="the deaf command took more than 0 s"):
        run("the deaf command", ["sh", "-c", deaf], tmp_path, tmp_path / "log", ENVIRONMENT, 0)
    assert time.monotonic() - started < 5
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "log").read_text()), 0)


def test_a_command_that_fails_shows_the_end_of_its_output_and_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ToolchainError) as caught:
        run("the count", ["sh", "-c", "seq 100; exit 3"], tmp_path, tmp_path / "log", ENVIRONMENT, 9)
    lines = str(caught.value).splitlines()
    assert lines[0] == f"the count failed. The end of its output ({tmp_path / 'log'}):"
    assert lines[1:-1] == [str(number) for number in range(81, 101)]
    assert lines[-1] == "To continue, run the same command again."
