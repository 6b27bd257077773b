"""Who holds which lock, found without taking any."""

from __future__ import annotations

from pathlib import Path

from ..records.app_folder import AppFolder
from ..step.lock import holder_of


def held_locks(folder: AppFolder) -> list[str]:
    """Return the locks that steps hold now: "the lock …/web/lock is held by switch of shop, process 123"."""
    held = flocks(_kernel_locks())
    paths = [
        *(role.lock for role in folder.roles()),
        *(each.lock for each in folder.accessories()),
        folder.tasks_lock,
        folder.proxy_lock,
    ]
    return [f"the lock {path} is held by {holder_of(path)}" for path in paths if _is_held(path, held)]


def flocks(table: str) -> list[tuple[int, int]]:
    """Return the process and the inode of each lock that is held, from the kernel's table of locks (proc_locks(5))."""
    rows = [line.split() for line in table.splitlines()]
    # A line with an arrow is of somebody who waits.
    return [(int(row[4]), int(row[5].rpartition(":")[2])) for row in rows if len(row) > 5 and row[1] == "FLOCK"]


def _kernel_locks() -> str:
    try:
        return Path("/proc/locks").read_text()
    except OSError:
        return ""


def _is_held(path: Path, held: list[tuple[int, int]]) -> bool:
    try:
        inode = path.stat().st_ino
    except OSError:
        return False
    # Not the device: Btrfs has another one in this table than in stat(2).
    return any(locked == inode and holder_of(path).endswith(f" {process}") for process, locked in held)
