"""Locks that the kernel lets go of when their holder dies."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dev.sandbox.commands import wait_until


@contextmanager
def locked(path: Path, what: str, seconds: float) -> Iterator[None]:
    """Hold the lock of the file or folder `path`. Raises SandboxError, "waited for `what`", after `seconds`."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        wait_until(lambda: taken(descriptor), what, seconds)
        yield
    finally:
        os.close(descriptor)


def taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
