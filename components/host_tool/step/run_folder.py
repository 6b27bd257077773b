"""A folder of a step's own, which holds what must not outlive it."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from types import TracebackType
from typing import IO, Optional

from .lock import try_lock

FORGOTTEN_AFTER = 3600
"""Seconds after which a folder without a lock belongs to nobody: the first release had such, with secrets in them."""


class RunFolder:
    """A folder run.XXXX of an app, for the time of a `with` block."""

    def __init__(self, app: Path) -> None:
        self._app = app
        self._path = Path()
        self._lock: Optional[IO[str]] = None

    def __enter__(self) -> Path:
        # Imported late: few steps have such a folder.
        import tempfile

        self._app.mkdir(parents=True, exist_ok=True)
        self._path = Path(tempfile.mkdtemp(prefix="run.", dir=self._app)).absolute()
        self._lock = try_lock(self._path / "lock")
        return self._path

    def __exit__(
        self, kind: Optional[type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        shutil.rmtree(self._path, ignore_errors=True)


def forget_dead_runs(app: Path) -> None:
    """Remove the folders of runs that were killed (kill -9, power)."""
    for path in app.glob("run.*"):
        lock = path / "lock"
        if lock.exists():
            held = try_lock(lock)
            if not held:
                continue
            held.close()
        elif not _is_forgotten(path):
            continue
        shutil.rmtree(path, ignore_errors=True)


def _is_forgotten(path: Path) -> bool:
    try:
        return path.stat().st_mtime <= time.time() - FORGOTTEN_AFTER
    except FileNotFoundError:
        # Its step has just ended.
        return False
