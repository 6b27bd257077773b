"""What Kamal has of the app on this host: its containers, and its files in the SSH user's home directory."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Optional

from ..docker.engine import timestamp
from ..records.app_folder import AppFolder
from ..result import KamalContainer, KamalFacts
from .roles import labels_of

LONGEST_HOLDER = 120
"""Characters that are shown of who holds Kamal's lock."""


def kamal_facts(
    folder: AppFolder, service: str, destination: str, containers: Sequence[Mapping[str, Any]]
) -> Optional[KamalFacts]:
    """Return what Kamal has of an app, None for nothing.

    Args:
        folder: The app's folder, which Kamal calls the same.
        service: The app's service.
        destination: Its destination, "" for none.
        containers: What `docker inspect` says of the containers of the service.
    """
    made = tuple(_container(data) for data in containers if is_made_by_kamal(labels_of(data), service, destination))
    files = tuple(str(path) for path in _files(folder) if path.exists())
    lock = _lock_holder(folder.kamal / f"lock-{folder.app}")
    return KamalFacts(made, files, lock) if made or files or lock else None


def is_made_by_kamal(labels: Mapping[str, str], service: str, destination: str) -> bool:
    """Return whether a container with these labels is one that Kamal has made for an app: it is of no release."""
    of_the_app = labels.get("service") == service and labels.get("destination") == destination
    return of_the_app and "role" in labels and "release" not in labels


def _container(data: Mapping[str, Any]) -> KamalContainer:
    state = data["State"]
    since = timestamp(state["StartedAt" if state["Running"] else "FinishedAt"])
    return KamalContainer(data["Name"].lstrip("/"), labels_of(data)["role"], state["Status"], since)


def _files(folder: AppFolder) -> list[Path]:
    """Return where Kamal keeps what it has of an app, but for its lock."""
    return [
        folder.kamal / f"{folder.app}-audit.log",
        folder.path / "env",
        folder.path / "assets",
        folder.kamal / "proxy" / "apps-config" / folder.app,
    ]


def _lock_holder(lock: Path) -> str:
    """Return what Kamal has noted of who holds its lock, "" where nobody does."""
    if not lock.is_dir():
        return ""
    try:
        noted = base64.b64decode((lock / "details").read_bytes()).decode().splitlines()
    except (OSError, UnicodeDecodeError, binascii.Error):
        noted = []
    words = "".join(letter for letter in noted[0] if letter.isprintable()) if noted else ""
    return words[:LONGEST_HOLDER] or "somebody"
