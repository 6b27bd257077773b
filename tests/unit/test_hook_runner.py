"""The program that runs a hook on the deployer: the very text that a Command reads, run by an old Python."""

import os
import shutil
import signal
import subprocess
import sys
import time
from functools import cache
from pathlib import Path

import pytest

from components.hook_runner import RUNNER, runner_text


@cache
def oldest_python() -> str:
    """The oldest Python from 3.9 on that is on this machine."""
    installed = sorted(str(path) for path in Path.home().glob(".pyenv/versions/3.9.*/bin/python3"))
    for python in ["python3.9", *installed, "python3.10"]:
        # A shim of pyenv may be there without the Python that it stands for.
        if shutil.which(python) and subprocess.run([python, "-V"], capture_output=True).returncode == 0:
            return python
    return sys.executable


def start(folder: Path, hook: str, *, limit: int = 20, **variables: str) -> subprocess.Popen[str]:
    """Run a hook in a folder, which is the project's."""
    path = folder / "the-hook"
    path.write_text(hook)
    path.chmod(0o755)
    runner = subprocess.Popen(
        [oldest_python(), *RUNNER[1:], str(limit), "./the-hook"],
        cwd=folder,
        env=os.environ | variables,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert runner.stdin
    runner.stdin.write(runner_text())
    runner.stdin.close()
    runner.stdin = None
    return runner


def run(folder: Path, hook: str, *, limit: int = 20, **variables: str) -> tuple[int, str, str]:
    """Run a hook, and return the exit status, what is shown of its output, and the message about it."""
    with start(folder, hook, limit=limit, **variables) as runner:
        output, message = runner.communicate(timeout=60)
        return runner.returncode, output, message


def is_running(pid: int) -> bool:
    """Whether a process is there, and not only its exit status."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until_gone(pid: int) -> None:
    """Give a killed process a moment to go."""
    end = time.monotonic() + 5
    while is_running(pid):
        assert time.monotonic() < end, f"process {pid} still runs"
        time.sleep(0.05)


def test_output_and_errors_of_a_hook_are_shown_in_order(tmp_path: Path) -> None:
    hook = "#!/bin/sh\necho one; echo two >&2; echo three; cat\n"
    assert run(tmp_path, hook) == (0, "one\ntwo\nthree\n", "")


def test_a_long_line_is_cut_and_the_next_one_is_shown(tmp_path: Path) -> None:
    _, output, _ = run(tmp_path, "#!/bin/sh\nhead -c 100000 /dev/zero | tr '\\0' x; echo; echo next\n")
    assert output == "x" * 300 + "\nnext\n"


def test_only_utf_8_is_shown_whatever_the_locale_is(tmp_path: Path) -> None:
    hook = "#!/bin/sh\nprintf 'gr\\374n gr\\303\\274n\\n'\n"
    assert run(tmp_path, hook, LC_ALL="C", PYTHONIOENCODING="latin-1") == (0, "grn grün\n", "")


def test_at_its_limit_a_hook_ends_with_all_that_it_started(tmp_path: Path) -> None:
    hook = "#!/bin/sh\nsleep 60 &\necho $!\nwait\n"
    status, output, message = run(tmp_path, hook, limit=1)
    assert (status, message) == (1, "hook the-hook did not end within 1 s and was killed.\n")
    wait_until_gone(int(output))


def test_whoever_ends_the_program_ends_the_hook(tmp_path: Path) -> None:
    with start(tmp_path, "#!/bin/sh\nsleep 60 &\necho $!\nwait\n") as runner:
        assert runner.stdout
        child = int(runner.stdout.readline())
        runner.send_signal(signal.SIGTERM)
        assert runner.wait(timeout=30) == 128 + signal.SIGTERM
    wait_until_gone(child)


@pytest.mark.parametrize(("command", "status"), [("exit 3", 3), ("kill -KILL $$", 137)])
def test_a_failure_is_told_with_the_exit_status(tmp_path: Path, command: str, status: int) -> None:
    found, _, message = run(tmp_path, f"#!/bin/sh\n{command}\n")
    assert (found, message) == (1, f"hook the-hook failed with exit status {status}. Its output is above.\n")


@pytest.mark.parametrize("hook", ["#!/no/such/interpreter\n", "#!/bin/sh\nno-such-command\n"])
def test_a_hook_that_cannot_be_run_is_told(tmp_path: Path, hook: str) -> None:
    status, _, message = run(tmp_path, hook)
    assert status == 1
    assert message == (
        "hook the-hook failed with exit status 127: it, or a command in it, cannot be run here. Check its mode, its first "
        "line (#!) and what it calls.\n"
    )


def test_a_hook_without_a_first_line_is_the_shells(tmp_path: Path) -> None:
    assert run(tmp_path, "echo from sh\n") == (0, "from sh\n", "")


def test_a_hook_knows_how_long_the_deploy_has_taken(tmp_path: Path) -> None:
    hook = '#!/bin/sh\necho "$KAMAL_VERSION: ${KAMAL_RUNTIME-}"\n'
    started_at = str(int(time.time()) - 100)
    _, output, _ = run(tmp_path, hook, KAMAL_VERSION="v7", KAMAL_STARTED_AT=started_at)
    assert output.startswith("v7: 1")
    assert 100 <= int(output.split()[1]) < 160
    assert run(tmp_path, hook, KAMAL_VERSION="v7") == (0, "v7: \n", "")


@pytest.mark.parametrize("background", ["sleep 60", "while :; do echo x; sleep 0.001; done"], ids=["silent", "chatty"])
def test_what_a_hook_leaves_running_does_not_keep_the_deploy(tmp_path: Path, background: str) -> None:
    start_of_run = time.monotonic()
    status, output, message = run(tmp_path, f"#!/bin/sh\n({background}) & echo $!\n")
    os.kill(int(output.split()[0]), signal.SIGTERM)
    assert (status, message) == (0, "")
    assert time.monotonic() - start_of_run < 20


def test_a_file_of_the_project_never_takes_the_place_of_a_module(tmp_path: Path) -> None:
    (tmp_path / "signal.py").write_text("raise SystemExit('imported')\n")
    assert run(tmp_path, "#!/bin/sh\necho ran\n") == (0, "ran\n", "")
