"""One run of the engine's setup at a time."""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dev.toolchain.layout import EngineError
from dev.toolchain.progress import INTERVAL, say

# Seconds to wait for another run: one that builds everything takes some 12 minutes.
LIMIT = 3600


@contextmanager
def alone(lock: Path, limit: float = LIMIT) -> Iterator[None]:
    """Hold `lock`; while another run holds it, say so and wait.

    :param limit: seconds to wait.
    :raises EngineError: when the other run has not ended by then.
    """
    started = time.monotonic()
    said = float("-inf")
    with lock.open("w") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                now = time.monotonic()
                if now - started >= limit:
                    raise EngineError(
                        f"another run has held {lock} for more than {limit:.0f} s: end it first."
                    ) from None
                if now - said > INTERVAL:
                    said = now
                    say(f"another run is at work here; waiting for it, {now - started:.0f} s so far")
                time.sleep(0.2)
        yield
