"""Files that are written whole, and only their user can read."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Optional, TypeVar

from ..json_codec import from_json, to_json

T = TypeVar("T")


def write_whole(path: Path, text: str) -> None:
    """Write a file of which nobody ever sees a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        new.write_text(text, encoding="utf-8")
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)


def save(path: Path, record: object) -> None:
    """Write a record."""
    write_whole(path, to_json(record))


def load(kind: type[T], path: Path) -> Optional[T]:
    """Return the record that a file holds, None if there is no such file."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    return from_json(kind, text)
