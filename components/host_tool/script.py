"""A script of the user's, run with a time limit.

Imports no other module of this package: it is sent to a Python process that does not have it.
"""

import errno
import io
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import IO, Optional

KILL_AFTER = 10
"""Seconds between TERM and KILL."""

DRAIN_LIMIT = 1
"""Seconds that the rest of the output may take once the script has ended: something it started may hold it open."""


def run_script(
    script: str,
    environment: Mapping[str, str],
    limit: int,
    lines_of: Callable[[IO[bytes]], Iterable[str]],
    show: Callable[[str], None],
) -> Optional[int]:
    """Run a script, and show its output as it comes.

    Args:
        script: Its path.
        environment: All its environment variables.
        limit: Seconds that it may take. Then it ends, with everything that it started.
        lines_of: Divides its output into lines that can be shown.
        show: Shows a line.

    Returns:
        Its exit status, as a shell gives it: 126 or 127 if it cannot be run, 128 and the signal's number if one has
        ended it. None if it was ended at the limit.
    """
    try:
        process = _start(script, environment)
    except FileNotFoundError:
        return 127
    except OSError:
        return 126
    showing = threading.Lock()

    def relay() -> None:
        try:
            for line in lines_of(process.stdout or io.BytesIO()):
                with showing:
                    show(line)
        except OSError:
            # Nobody listens any more.
            os.kill(os.getpid(), signal.SIGHUP)

    reader = threading.Thread(target=relay, daemon=True)
    try:
        reader.start()
        status: Optional[int] = process.wait(limit)
    except subprocess.TimeoutExpired:
        status = None
    finally:
        if process.poll() is None:
            _end_group(process)
    reader.join(DRAIN_LIMIT)
    # Nothing is shown from now on: Python aborts if a thread still prints while it exits.
    showing.acquire(timeout=DRAIN_LIMIT)
    return 128 - status if status is not None and status < 0 else status


def failure_of(name: str, status: Optional[int], limit: int, place: str) -> str:
    """Return what is wrong with a script that has ended, "" if nothing is.

    Args:
        name: What it is called.
        status: What `run_script` has returned.
        limit: The seconds that it might take.
        place: Where it ran: "here" or "on web1".
    """
    if status is None:
        return f"{name} did not end within {limit} s and was killed."
    if status in (126, 127):
        return (
            f"{name} failed with exit status {status}: it, or a command in it, cannot be run {place}. Check its mode, its "
            "first line (#!) and what it calls."
        )
    return f"{name} failed with exit status {status}. Its output is above." if status else ""


def _start(script: str, environment: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    """Start a script. One without a first line (#!) is the shell's, as everywhere."""
    try:
        return _popen([script], environment)
    except OSError as error:
        if error.errno != errno.ENOEXEC:
            raise
        return _popen(["/bin/sh", script], environment)


def _popen(words: Sequence[str], environment: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        words,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def _end_group(process: "subprocess.Popen[bytes]") -> None:
    os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(KILL_AFTER)
    except subprocess.TimeoutExpired:
        pass
    try:
        # What the script started may be left.
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()
