"""What puts the host back when a step fails."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Any, Optional

from ..docker.client import DockerError
from ..errors import Interrupted, StepError
from ..output import printable
from .interrupts import ignore_signals
from .message import show


class Undo:
    """What puts the host back when the block fails, or is interrupted; the last that was added comes first."""

    def __init__(self, about: str) -> None:
        """Make the block of a step, whose messages begin with `about`."""
        self._about = about
        self._calls: list[Callable[[], object]] = []

    def add(self, function: Callable[..., object], *arguments: Any) -> None:
        """Add a call to be made when the block fails."""
        self._calls.append(lambda: function(*arguments))

    def clear(self) -> None:
        """Forget all calls: from here on what was done stays."""
        self._calls.clear()

    def __enter__(self) -> Undo:
        return self

    def __exit__(
        self, kind: Optional[type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        if error is None:
            return
        # Putting the host back is done to its end: the KILL of `timeout` is the limit.
        ignore_signals()
        for call in reversed(self._calls):
            self._make(call)

    def _make(self, call: Callable[[], object]) -> None:
        try:
            call()
        except (StepError, DockerError, OSError, Interrupted) as failure:
            show(f"{self._about}putting the host back: {printable(str(failure))}")
