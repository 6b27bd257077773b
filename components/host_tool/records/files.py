"""Files that are written whole, and only their user can read."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Optional, TypeVar

from ..errors import StepError
from ..json_codec import from_json, to_json

T = TypeVar("T")


class DamagedRecordError(StepError):
    """A record cannot be read.

    Attributes:
        path: Its file.
        problem: What is wrong with it: the end of a sentence.
    """

    def __init__(self, path: Path, error: object) -> None:
        """Take the file, and what reading it has raised, or found."""
        self.path = path
        self.problem = f"cannot be read ({error.strerror})" if isinstance(error, OSError) else f"is damaged ({error})"
        super().__init__(f"the file ~/{path} {self.problem}. Remove it there, then deploy again.")


def write_whole(path: Path, text: str) -> None:
    """Write a file of which nobody ever sees a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # `forget_unfinished` knows such names.
    new = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        new.write_text(text, encoding="utf-8")
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)


def forget_unfinished(folder: Path) -> None:
    """Remove what steps that were killed while they wrote have left: it may hold secrets."""
    for path in folder.rglob(".*"):
        process = re.fullmatch(r"\..+\.(\d+)", path.name)
        if process and not Path("/proc", process[1]).exists():
            path.unlink(missing_ok=True)


def save(path: Path, record: object) -> None:
    """Write a record."""
    write_whole(path, to_json(record))


def load(kind: type[T], path: Path) -> Optional[T]:
    """Return the record that a file holds, None if there is no such file.

    Raises:
        DamagedRecordError: The file is damaged, or this user may not read it.
    """
    try:
        return from_json(kind, path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise DamagedRecordError(path, error) from None
