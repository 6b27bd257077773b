"""The lock that the toolchain and the sandbox use."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dev import lock
from dev.lock import exclusive_lock


@pytest.fixture
def messages() -> list[str]:
    return []


def test_a_second_holder_says_what_it_waits_for_and_gives_up_in_the_end(tmp_path: Path, messages: list[str]) -> None:
    path = tmp_path / "lock"
    with exclusive_lock(path, waiting_for="nobody", limit=0, say=messages.append):
        assert messages == []
        with (
            pytest.raises(TimeoutError, match=rf"waiting 0.3 s for another run, which holds {path}"),
            exclusive_lock(path, waiting_for="another run", limit=0.3, say=messages.append),
        ):
            pass
    assert messages == ["waiting for another run, 0 s so far"]


def test_a_long_wait_is_reported_again_and_again(
    tmp_path: Path, messages: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock, "MESSAGE_INTERVAL", 0)
    path = tmp_path / "lock"
    with (
        exclusive_lock(path, waiting_for="nobody", limit=0, say=messages.append),
        pytest.raises(TimeoutError),
        exclusive_lock(path, waiting_for="another run", limit=0.5, say=messages.append),
    ):
        pass
    assert len(messages) > 1


def test_a_lock_is_free_again_afterwards_also_after_an_error(tmp_path: Path, messages: list[str]) -> None:
    path = tmp_path / "lock"
    with pytest.raises(ZeroDivisionError), exclusive_lock(path, waiting_for="nobody", limit=0, say=messages.append):
        raise ZeroDivisionError
    with exclusive_lock(path, waiting_for="nobody", limit=0, say=messages.append):
        pass


def test_a_lock_is_free_again_when_its_holder_is_killed(tmp_path: Path, messages: list[str]) -> None:
    path = tmp_path / "lock"
    script = (
        "import os, pathlib, sys; from dev.lock import exclusive_lock\n"
        "with exclusive_lock(pathlib.Path(sys.argv[1]), waiting_for='', limit=0, say=print): os.kill(os.getpid(), 9)"
    )
    project = Path(__file__).parents[3]
    assert subprocess.run([sys.executable, "-c", script, str(path)], cwd=project).returncode == -9
    with exclusive_lock(path, waiting_for="nobody", limit=0, say=messages.append):
        pass


def test_a_folder_can_be_locked(tmp_path: Path, messages: list[str]) -> None:
    with exclusive_lock(tmp_path, waiting_for="nobody", limit=0, say=messages.append):
        pass


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_root_can_lock_another_users_file_in_a_folder_that_everybody_writes_to(
    tmp_path: Path, messages: list[str]
) -> None:
    tmp_path.chmod(0o1777)
    path = tmp_path / "lock"
    path.touch(mode=0o600)
    os.chown(path, 65534, 65534)
    with exclusive_lock(path, waiting_for="nobody", limit=0, say=messages.append):
        pass
