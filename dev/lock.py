"""An exclusive lock on a file or folder, held by at most one process at a time."""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

# Seconds between two messages while waiting.
MESSAGE_INTERVAL = 15

# Seconds between two attempts to take the lock.
RETRY_INTERVAL = 0.1


@contextmanager
def exclusive_lock(path: Path, *, waiting_for: str, limit: float, say: Callable[[str], None]) -> Iterator[None]:
    """Hold the lock on `path` while the block runs. The kernel releases it when the process ends.

    Args:
        path: A file, which is created if it is missing, or a folder.
        waiting_for: What holds the lock, for messages: "another run of make up".
        limit: Seconds to wait for the lock.
        say: Prints a message: at once when the lock is taken, and every 15 s.

    Raises:
        TimeoutError: The lock was not released within `limit` seconds.
        OSError: The file cannot be opened or created.
    """
    descriptor = _open(path)
    try:
        started = time.monotonic()
        next_message = started
        while not _try_lock(descriptor):
            now = time.monotonic()
            if now - started >= limit:
                raise TimeoutError(f"Gave up after waiting {limit:g} s for {waiting_for}, which holds {path}.")
            if now >= next_message:
                next_message = now + MESSAGE_INTERVAL
                say(f"waiting for {waiting_for}, {now - started:.0f} s so far")
            time.sleep(RETRY_INTERVAL)
        yield
    finally:
        os.close(descriptor)


def _open(path: Path) -> int:
    """Open `path` to lock it."""
    try:
        return os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        # Only now with O_CREAT: with it, Linux refuses even root to open another user's file in a folder such as /tmp.
        return os.open(path, os.O_RDONLY | os.O_CREAT, 0o644)


def _try_lock(descriptor: int) -> bool:
    """Take the lock unless it is taken; return whether it was free."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
