"""Questions asked at once, such as several calls of Docker."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeVar

A = TypeVar("A")
B = TypeVar("B")


def later(call: Callable[[], A]) -> Callable[[], A]:
    """Call a function in a thread that does not keep the program from ending, and return what waits for its result.

    What the function raises, that raises.
    """
    answers: list[Any] = []
    failures: list[BaseException] = []

    def run() -> None:
        try:
            answers.append(call())
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()

    def wait() -> A:
        thread.join()
        if failures:
            raise failures[0]
        answer: A = answers[0]
        return answer

    return wait


def at_once(first: Callable[[], A], second: Callable[[], B]) -> tuple[A, B]:
    """Return what two functions return that do not depend on each other.

    Raises:
        BaseException: What one of them raised, the first one's if both did.
    """
    waiting = later(second)
    answer = first()
    return answer, waiting()
