"""Locks on this host, which the kernel releases when their process ends."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import IO, Optional


def try_lock(path: Path) -> Optional[IO[str]]:
    """Take a lock, and return the open file that holds it; None if another process has it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    while True:
        file = path.open("a+")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            return None
        # `remove` may have deleted the file in between: then it is nobody's lock any more.
        if path.exists() and os.path.samestat(path.stat(), os.fstat(file.fileno())):
            return file
        file.close()


def write_holder(file: IO[str], holder: str) -> None:
    """Say in a lock's file who holds it, for those who wait."""
    file.truncate(0)
    file.write(holder)
    file.flush()


def holder_of(path: Path) -> str:
    """Return who holds a lock, as far as its file tells."""
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
