"""Two questions asked at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeVar

A = TypeVar("A")
B = TypeVar("B")


def at_once(first: Callable[[], A], second: Callable[[], B]) -> tuple[A, B]:
    """Return what two functions return that do not depend on each other, such as two calls of Docker.

    Raises:
        BaseException: What one of them raised, the first one's if both did.
    """
    answers: list[Any] = []
    failures: list[BaseException] = []

    def run() -> None:
        try:
            answers.append(second())
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    answer = first()
    thread.join()
    if failures:
        raise failures[0]
    return answer, answers[0]
