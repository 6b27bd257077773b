"""What the first release remembered of a role, read without changing it: see first_release.py."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Optional

from .files import DamagedRecordError
from .records import RoleRecord
from .role_folder import RoleFolder


def former_record(folder: RoleFolder) -> Optional[RoleRecord]:
    """Return the record of a role that the first release has deployed, None where it has not.

    Raises:
        DamagedRecordError: One of its files is damaged, or this user may not read it.
    """
    names = folder.path / "names"
    try:
        return _read(folder, parse_spec(names.read_text())) if names.exists() else None
    except KeyError as error:
        raise DamagedRecordError(names, f"it lacks {error}") from None
    except (OSError, ValueError) as error:
        raise DamagedRecordError(names, error) from None


def _read(folder: RoleFolder, names: Mapping[str, str]) -> RoleRecord:
    current = word(folder.path / "current")
    spec = folder.path / "releases" / current / "spec"
    return RoleRecord(
        service=names["service"],
        role=names["role"],
        destination=names.get("destination", ""),
        host=names["host"],
        current=current,
        previous=word(folder.path / "previous"),
        switching=word(folder.path / "switching"),
        routed=bool(current) and spec.exists() and parse_spec(spec.read_text())["mode"] == "proxy",
    )


def parse_spec(text: str) -> dict[str, str]:
    """Return the fields of a spec of the first release."""
    fields = {}
    for line in text.splitlines():
        key, _, value = line.partition(": ")
        if value.startswith("!!binary"):
            fields[key] = base64.b64decode(value.partition(" ")[2]).decode()
        elif key:
            fields[key] = value[1:-1]
    return fields


def word(path: Path) -> str:
    """Return the word that a file holds, "" if there is no such file."""
    return path.read_text().strip() if path.exists() else ""
