"""How long something takes."""

import time
from collections.abc import Callable


def seconds(action: Callable[[], object]) -> float:
    """Return how many seconds `action` takes."""
    started = time.monotonic()
    action()
    return time.monotonic() - started
