"""The roles of an app on this host: what is remembered of them, and their containers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..docker.engine import timestamp
from ..identity import RoleIdentity
from ..proxy.client import is_routed
from ..proxy.files import folder_of_role
from ..records.app_folder import AppFolder
from ..records.records import RoleRecord
from ..records.role_folder import RoleFolder
from ..result import ContainerFacts, RoleFacts, RouteFacts
from .docker import DockerFacts


def role_facts(app: AppFolder, name: str, record: RoleRecord, docker: DockerFacts) -> RoleFacts:
    """Return what there is of a role.

    Args:
        app: What the host remembers of its app.
        name: Its name.
        record: Its record.
        docker: What Docker says.
    """
    folder, files = app.role(name), docker.files
    routes = docker.routes or {}
    found = [container_facts(data, routes) for data in docker.containers if identity_of(data) == record.identity]
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
        secrets=_names(folder, "secrets"),
        certificates=folder.certificates(),
        lost_files=tuple(
            each for each in record.files if files and not files.has_set(folder_of_role(app.app, name), each)
        ),
    )


def facts_before_the_first_container(folder: RoleFolder) -> RoleFacts:
    """Return what there is of a role whose first deploy has failed before it started a container."""
    return RoleFacts(
        host="",
        route="",
        current="",
        version="",
        switching="",
        strays=(),
        kept=(),
        secrets=_names(folder, "secrets"),
        certificates=folder.certificates(),
    )


def _names(folder: RoleFolder, kind: str) -> tuple[str, ...]:
    return tuple(sorted(path.name for path in folder.path.glob(f"{kind}/*")))


def container_facts(data: Mapping[str, Any], routes: Mapping[str, RouteFacts]) -> ContainerFacts:
    """Return what Docker and kamal-proxy know of a container.

    Args:
        data: What `docker inspect` says of it.
        routes: kamal-proxy's routes.
    """
    state, labels, name = data["State"], labels_of(data), data["Name"].lstrip("/")
    return ContainerFacts(
        id=data["Id"][:12],
        name=name,
        state=state["Status"],
        since=timestamp(state["StartedAt" if state["Running"] else "FinishedAt"]),
        release=labels.get("release", ""),
        # Kamal has the version in the name alone.
        version=labels.get("version") or name.removeprefix(f"{identity_of(data).prefix}-"),
        health=(state.get("Health") or {}).get("Status", "none"),
        routed=is_routed(data["Id"][:12], routes),
    )


def identity_of(data: Mapping[str, Any]) -> RoleIdentity:
    """Return the role that a container's labels name."""
    labels = labels_of(data)
    return RoleIdentity(labels.get("service", ""), labels.get("role", ""), labels.get("destination", ""))


def labels_of(data: Mapping[str, Any]) -> dict[str, str]:
    """Return the labels of a container."""
    return dict(data["Config"].get("Labels") or {})
