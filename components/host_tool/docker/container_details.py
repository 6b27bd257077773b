"""What a container is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .engine import timestamp


@dataclass(frozen=True)
class ContainerDetails:
    """What a container is made of, as Docker says.

    Attributes:
        id: Its whole id.
        name: Its name.
        is_running: Whether it runs.
        since: When it was started, in UTC: 2026-01-31T12:00:00Z.
        release: Its release label.
        version: Its version label.
        kamal_version: KAMAL_VERSION in its environment.
        image_id: Docker's id of its image.
    """

    id: str
    name: str
    is_running: bool
    since: str
    release: str
    version: str
    kamal_version: str
    image_id: str


def details_of(data: Mapping[str, Any]) -> ContainerDetails:
    """Return the details in what `docker inspect` says of a container."""
    labels = data["Config"]["Labels"] or {}
    variables = dict(variable.partition("=")[::2] for variable in data["Config"]["Env"] or ())
    return ContainerDetails(
        id=data["Id"],
        name=data["Name"].lstrip("/"),
        is_running=data["State"]["Running"],
        since=timestamp(data["State"]["StartedAt"]),
        release=labels.get("release", ""),
        version=labels.get("version", ""),
        kamal_version=variables.get("KAMAL_VERSION", ""),
        image_id=data["Image"],
    )
