"""How a deploy that fails ends: with a message for the person who deploys, never with a traceback."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pulumi

from .errors import DeployError


@contextmanager
def user_errors() -> Iterator[None]:
    """Turn a DeployError into Pulumi's RunError, which the language host shows without a traceback."""
    try:
        yield
    except DeployError as error:
        raise pulumi.RunError(str(error)) from None


def end_quietly_on_interrupt() -> None:
    """Let an interrupt end the program at once.

    When an update fails, the language host interrupts the program (since 3.229), and Python would print the traceback
    of a KeyboardInterrupt below the error that matters.
    """
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_DFL)
