"""The roles of an app on this host: what is remembered of them, and their containers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..docker.client import Docker, timestamp
from ..proxy.client import is_routed
from ..records.app_folder import AppFolder
from ..records.apps import role_records
from ..records.records import RoleRecord
from ..records.role_folder import RoleFolder
from ..result import ContainerFacts, RoleFacts, RouteFacts


@dataclass(frozen=True)
class LabelledContainer:
    """A container with the labels that say whose it is.

    Attributes:
        role: The role's label.
        destination: The destination's label.
        data: What Docker knows of it.
    """

    role: str
    destination: str
    data: Mapping[str, Any]


def containers_of(docker: Docker, folder: AppFolder) -> list[LabelledContainer]:
    """Return the containers of all roles of an app, newest first."""
    services = {record.service for record in role_records(folder).values()}
    ids = [found for service in sorted(services) for found in docker.ids(f"label=service={service}")]
    return [_labelled(data) for data in docker.inspect(*ids)] if ids else []


def role_facts(
    folder: RoleFolder, record: RoleRecord, containers: Sequence[LabelledContainer], routes: Mapping[str, RouteFacts]
) -> RoleFacts:
    """Return what there is of a role.

    Args:
        folder: What the host remembers of it.
        record: Its record.
        containers: Those of the app.
        routes: kamal-proxy's routes.
    """
    found = [
        container_facts(each.data, routes)
        for each in containers
        if (each.role, each.destination) == (record.role, record.destination)
    ]
    # Kamal's containers are of no release.
    current = next((each for each in found if each.release == record.current != ""), None)
    others = [each for each in found if each.release != record.current]
    return RoleFacts(
        host=record.host,
        route=record.route_name,
        current=record.current,
        version=folder.version_of(record.current) or (current.version if current else ""),
        switching=folder.version_of(record.switching),
        container=current,
        strays=tuple(each for each in others if each.routed or each.state in ("running", "restarting", "paused")),
        kept=tuple(each.version for each in others if each.state == "exited"),
        secrets=tuple(sorted(path.name for path in folder.path.glob("secrets/*"))),
    )


def container_facts(data: Mapping[str, Any], routes: Mapping[str, RouteFacts]) -> ContainerFacts:
    """Return what Docker and kamal-proxy know of a container.

    Args:
        data: What `docker inspect` says of it.
        routes: kamal-proxy's routes.
    """
    state, labels = data["State"], data["Config"].get("Labels") or {}
    return ContainerFacts(
        id=data["Id"][:12],
        name=data["Name"].lstrip("/"),
        state=state["Status"],
        since=timestamp(state["StartedAt" if state["Running"] else "FinishedAt"]),
        release=labels.get("release", ""),
        version=labels.get("version", ""),
        health=(state.get("Health") or {}).get("Status", "none"),
        routed=is_routed(data["Id"][:12], routes),
    )


def _labelled(data: Mapping[str, Any]) -> LabelledContainer:
    labels = data["Config"].get("Labels") or {}
    return LabelledContainer(labels.get("role", ""), labels.get("destination", ""), data)
