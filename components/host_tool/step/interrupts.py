"""What ends a step from outside (its time limit, a connection that broke), and the sign that it is alive."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Optional

from ..errors import Interrupted

BEAT = 10
"""Seconds between two signs of life."""

REASONS = {signal.SIGTERM: "its time limit", signal.SIGHUP: "a connection that broke", signal.SIGINT: "an interrupt"}


def raise_on_signals() -> None:
    """Have the signals that end a step raise Interrupted, so that it puts the host back."""

    def interrupt(number: int, _: Optional[FrameType]) -> None:
        raise Interrupted(REASONS[signal.Signals(number)])

    for number in REASONS:
        signal.signal(number, interrupt)


def ignore_signals() -> None:
    """From here on the step comes to its end, whoever wants it to stop."""
    for number in REASONS:
        signal.signal(number, signal.SIG_IGN)


def show_signs_of_life(waiting_for: Callable[[], str]) -> None:
    """Print what the step waits for every ten seconds. Where nobody listens any more, the step is interrupted."""
    threading.Thread(target=_beat, args=(waiting_for, threading.Event()), daemon=True).start()


def _beat(waiting_for: Callable[[], str], never: threading.Event) -> None:
    seconds = 0
    while not never.wait(BEAT):
        seconds += BEAT
        try:
            print(f"... {seconds} s: waiting for {waiting_for()}", file=sys.stderr, flush=True)
        except OSError:
            os.kill(os.getpid(), signal.SIGHUP)
            return
