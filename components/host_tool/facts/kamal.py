"""What Kamal has of the app on this host: its containers, and its files in the SSH user's home directory."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Optional

from ..docker.containers import UP
from ..docker.engine import timestamp
from ..records.app_folder import AppFolder
from ..result import KamalContainer, KamalFacts
from ..spec import InspectSpec
from .roles import labels_of

LONGEST_HOLDER = 120
"""Characters that are shown of who holds Kamal's lock."""


def kamal_accessories(folder: AppFolder, spec: InspectSpec) -> list[str]:
    """Return the names of the containers that Kamal may have made for accessories: it has their variables in its folder.

    Args:
        folder: The app's folder, which Kamal calls the same.
        spec: The app.
    """
    known = {f"{spec.service}-{path.stem}" for path in folder.path.glob("env/accessories/*.env")}
    return sorted({*spec.accessories, *known}) if spec.service else []


def kamal_facts(folder: AppFolder, spec: InspectSpec, containers: Sequence[Mapping[str, Any]]) -> Optional[KamalFacts]:
    """Return what Kamal has of an app, None for nothing.

    Args:
        folder: The app's folder, which Kamal calls the same.
        spec: The app.
        containers: What `docker inspect` says of the containers of the service and of those of accessories.
    """
    service, destination = spec.service, spec.destination
    accessories = kamal_accessories(folder, spec)
    found = KamalFacts(
        containers=tuple(
            _container(data) for data in containers if is_made_by_kamal(labels_of(data), service, destination)
        ),
        files=tuple(str(path) for path in _files(folder) if path.exists()),
        lock=_lock_holder(folder.kamal / f"lock-{folder.app}"),
        accessories=tuple(name for name in map(_name, filter(_is_accessory, containers)) if name in accessories),
        destinations=tuple(sorted(set(_other_destinations(service, destination, containers)))),
    )
    return found if any(vars(found).values()) else None


def _is_accessory(data: Mapping[str, Any]) -> bool:
    """Return whether Kamal has made a container for an accessory: it has the label `service` alone, which is its name."""
    labels = labels_of(data)
    return labels.get("service") == _name(data) and not labels.keys() & {"role", "release"}


def _other_destinations(service: str, destination: str, containers: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for data in containers:
        labels = labels_of(data)
        other = labels.get("destination", "")
        if other != destination and data["State"]["Status"] in UP and is_made_by_kamal(labels, service, other):
            yield other


def is_made_by_kamal(labels: Mapping[str, str], service: str, destination: str) -> bool:
    """Return whether a container with these labels is one that Kamal has made for an app: it is of no release."""
    of_the_app = labels.get("service") == service and labels.get("destination") == destination
    return of_the_app and "role" in labels and "release" not in labels


def _container(data: Mapping[str, Any]) -> KamalContainer:
    state = data["State"]
    since = timestamp(state["StartedAt" if state["Running"] else "FinishedAt"])
    return KamalContainer(_name(data), labels_of(data)["role"], state["Status"], since)


def _name(data: Mapping[str, Any]) -> str:
    return str(data["Name"]).lstrip("/")


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
