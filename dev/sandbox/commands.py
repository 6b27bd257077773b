"""Running programs and waiting for conditions, both with a time limit."""

import os
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from dev.sandbox.errors import SandboxError


def run(
    argv: Sequence[str],
    *,
    stdin: str | bytes = b"",
    timeout: float = 60,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    user: tuple[int, int] | None = None,
) -> str:
    """Run a program and return its standard output.

    Args:
        argv: The program and its arguments.
        stdin: Its standard input.
        timeout: Seconds after which it is killed.
        env: Its whole environment; by default this process's.
        cwd: The folder to run it in; by default this process's.
        user: User and group id to run it as; by default this process's.

    Raises:
        SandboxError: It is not installed, took too long or failed; the message has its error output.
    """
    # Only root can change users, and nobody needs to change to themselves.
    other = user if user and user[0] != os.geteuid() else None
    try:
        result = subprocess.run(
            argv,
            input=stdin.encode() if isinstance(stdin, str) else stdin,
            timeout=timeout,
            env=env,
            cwd=cwd,
            user=other[0] if other else None,
            group=other[1] if other else None,
            extra_groups=[] if other else None,
            capture_output=True,
        )
    except FileNotFoundError:
        raise SandboxError(f"`{argv[0]}` is not installed.") from None
    except subprocess.TimeoutExpired:
        raise SandboxError(f"`{' '.join(argv)}` did not finish within {timeout:g} s.") from None
    if result.returncode:
        output = (result.stderr or result.stdout).decode(errors="replace").strip()
        raise SandboxError(f"`{' '.join(argv)}` failed: {output}")
    return result.stdout.decode(errors="replace")


def wait_until(condition: Callable[[], bool], what: str, seconds: float, details: Callable[[], str] = str) -> None:
    """Wait until `condition()` is true.

    Args:
        condition: Asked every 50 ms.
        what: What is waited for, for the error message: "sshd to answer".
        seconds: How long to wait.
        details: Returns more text for the error message, for instance the end of a log.

    Raises:
        SandboxError: The condition was still false after `seconds`.
    """
    limit = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > limit:
            raise SandboxError(f"Waited {seconds:g} s for {what}.\n{details()}".rstrip())
        time.sleep(0.05)
