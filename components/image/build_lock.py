"""The lock on the folder of the builds: in one checkout, one image is built at a time."""

import asyncio
import fcntl
import time
from io import TextIOWrapper
from pathlib import Path

import pulumi

from ..errors import ImageError

LIMIT = 3600.0
"""Seconds that the builds of other deploys may take."""

RETRY_INTERVAL = 0.2
"""Seconds between two attempts to take the lock."""


class BuildLock:
    """A lock that one build holds, of this process or another. The kernel releases it when the process ends."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._held: TextIOWrapper | None = None

    @property
    def is_held(self) -> bool:
        """Whether this object holds the lock."""
        return self._held is not None

    async def acquire(self) -> None:
        """Wait for the lock. Other deploys of the program go on in the meantime.

        Raises:
            ImageError: Another build has held the lock for too long, or the file system has no locks.
        """
        file = self._path.open("a")
        try:
            await self._wait(file)
        except BaseException:
            file.close()
            raise
        self._held = file

    def release(self) -> None:
        """Release the lock, if it is held."""
        if self._held:
            self._held.close()
            self._held = None

    async def _wait(self, file: TextIOWrapper) -> None:
        if self._try(file):
            return
        pulumi.log.info("Waiting for another build of an image from this folder to end.")
        deadline = time.monotonic() + LIMIT
        while not self._try(file):
            if time.monotonic() >= deadline:
                raise ImageError(
                    f"Another build of an image from this folder has held {self._path} for {LIMIT:g} s. "
                    "Wait for it to end, or stop it, and run pulumi up again."
                )
            await asyncio.sleep(RETRY_INTERVAL)

    def _try(self, file: TextIOWrapper) -> bool:
        """Take the lock unless it is taken; return whether it was free."""
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError as error:
            raise ImageError(f"The file {self._path} cannot be locked: {error}") from error
        return True
