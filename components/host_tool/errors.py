"""The errors that end a step."""

from __future__ import annotations


class StepError(Exception):
    """A step failed. The text says what is wrong and what to do; `output` is what a program said about it.

    Attributes:
        output: The words of Docker or kamal-proxy, shown above the message; "" for none.
    """

    def __init__(self, message: str, output: str = "") -> None:
        super().__init__(message)
        self.output = output


class Interrupted(BaseException):
    """A signal ends the step: its time limit (TERM), or a connection that broke.

    Not an Exception, so that only what puts the host back sees it on its way out.
    """
