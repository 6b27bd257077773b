"""Running programs with a limit, and waiting with a limit."""

import os
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence

from dev.sandbox.errors import SandboxError


def run(
    argv: Sequence[str],
    stdin: str = "",
    timeout: float = 60,
    env: Mapping[str, str] | None = None,
    user: tuple[int, int] | None = None,
) -> str:
    """Run `argv` and return its standard output.

    `timeout` in seconds; `env` replaces the environment; `user` is a user and group id to run as.
    Raises SandboxError with the program's own words when it fails, is missing or takes too long.
    """
    # Who is not root cannot change users, and need not.
    other = user if user and user[0] != os.geteuid() else None
    try:
        result = subprocess.run(
            argv,
            input=stdin,
            timeout=timeout,
            env=env,
            user=other[0] if other else None,
            group=other[1] if other else None,
            extra_groups=[] if other else None,
            capture_output=True,
            text=True,
            errors="replace",
        )
    except FileNotFoundError:
        raise SandboxError(f"`{argv[0]}` is not installed.") from None
    except subprocess.TimeoutExpired:
        raise SandboxError(f"`{' '.join(argv)}` did not finish within {timeout:g} s.") from None
    if result.returncode:
        raise SandboxError(f"`{' '.join(argv)}` failed: {(result.stderr or result.stdout).strip()}")
    return result.stdout


def wait_until(ready: Callable[[], bool], what: str, seconds: float, details: Callable[[], str] = str) -> None:
    """Return as soon as `ready()`; raise SandboxError that names `what`, with `details()`, after `seconds`."""
    limit = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > limit:
            raise SandboxError(f"Waited {seconds:g} s for {what}.\n{details()}".rstrip())
        time.sleep(0.05)
