"""Locks between the steps on a host, and the folders of steps that were killed."""

import fcntl
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest

from components.host_tool.errors import StepError
from components.host_tool.records.app_folder import AppFolder
from components.host_tool.step import step as step_module
from components.host_tool.step.lock import holder_of, try_lock, write_holder
from components.host_tool.step.run_folder import FORGOTTEN_AFTER, RunFolder, forget_dead_runs
from components.host_tool.step.step import Step

from .fake_docker import FakeDocker

HOLD = "import fcntl, sys; file = open(sys.argv[1], 'a+'); fcntl.flock(file, fcntl.LOCK_EX); print(flush=True); sys.stdin.read()"


@contextmanager
def held_by_another_process(path: Path) -> Iterator["subprocess.Popen[bytes]"]:
    words = [sys.executable, "-c", HOLD, str(path)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        yield process


def test_a_lock_is_held_by_one(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "lock"
    first = try_lock(path)
    assert first
    assert try_lock(path) is None
    first.close()
    assert try_lock(path)


def test_a_lock_of_a_process_that_was_killed_is_free(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with held_by_another_process(path) as process:
        assert try_lock(path) is None
        process.kill()
    assert try_lock(path)


def test_a_lock_whose_file_is_removed_before_it_is_taken_is_nobodys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The step that held it removed the app."""
    path = tmp_path / "lock"
    flock = fcntl.flock

    def remove_and_lock(file: IO[str], operation: int) -> None:
        monkeypatch.undo()
        path.unlink()
        flock(file, operation)

    monkeypatch.setattr(fcntl, "flock", remove_and_lock)
    file = try_lock(path)
    assert file
    assert os.path.samestat(path.stat(), os.fstat(file.fileno()))


def test_a_lock_says_who_holds_it(tmp_path: Path) -> None:
    file = try_lock(tmp_path / "lock")
    assert file
    write_holder(file, "the switch of an app with a long name")
    write_holder(file, "the candidate of shop")
    assert holder_of(tmp_path / "lock") == "the candidate of shop"
    assert holder_of(tmp_path / "none") == ""


def test_a_step_waits_for_a_lock_and_says_for_whom(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "lock"
    held = try_lock(path)
    assert held
    write_holder(held, "switch of shop, process 7")
    release = threading.Timer(0.2, held.close)
    release.start()
    Step("candidate", AppFolder("shop", tmp_path), FakeDocker()).lock(path)
    release.join()
    assert f"waiting up to 60 s for the lock {path}, held by switch of shop, process 7" in capsys.readouterr().err


def test_a_lock_that_is_never_released_fails_the_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(step_module, "LOCK_LIMIT", 0)
    held = try_lock(tmp_path / "lock")
    with pytest.raises(StepError, match="still locked after 0 s"):
        Step("candidate", AppFolder("shop", tmp_path), FakeDocker()).lock(tmp_path / "lock")
    assert held


def test_a_run_folder_goes_with_its_step_even_when_that_fails(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="failed"), RunFolder(tmp_path) as folder:
        (folder / "secret").write_text("hunter2")
        raise ValueError("failed")
    assert list(tmp_path.iterdir()) == []


def test_folders_of_dead_runs_are_swept_and_live_ones_are_not(tmp_path: Path) -> None:
    for name in ("run.live", "run.dead", "run.new", "run.old", "roles"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "secret").write_text("hunter2")
    (tmp_path / "run.dead" / "lock").touch()
    long_ago = (tmp_path / "run.new").stat().st_mtime - FORGOTTEN_AFTER - 1
    os.utime(tmp_path / "run.old", (long_ago, long_ago))
    with held_by_another_process(tmp_path / "run.live" / "lock"):
        forget_dead_runs(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"run.live", "run.new", "roles"}


def test_a_run_that_ends_while_dead_ones_are_swept_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "glob", lambda *_: iter([tmp_path / "run.gone"]))
    forget_dead_runs(tmp_path)
