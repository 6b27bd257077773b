"""The accessories of an app on this host: what is remembered of them, and their containers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..records.accessory_folder import AccessoryFolder
from ..records.records import AccessoryRecord
from ..result import AccessoryFacts, RouteFacts
from .roles import container_facts


def accessory_facts(
    folder: AccessoryFolder,
    record: AccessoryRecord,
    containers: Mapping[str, Mapping[str, Any]],
    routes: Mapping[str, RouteFacts],
) -> AccessoryFacts:
    """Return what there is of an accessory.

    Args:
        folder: What the host remembers of it.
        record: Its record.
        containers: By name, what `docker inspect` says.
        routes: kamal-proxy's routes.
    """
    found = containers.get(record.service)
    return AccessoryFacts(
        host=record.host,
        service=record.service,
        release=record.release,
        replacing=record.replaced in containers,
        login=folder.has_login(),
        secrets=tuple(sorted(path.name for path in folder.path.glob("secrets/*"))),
        container=container_facts(found, routes) if found else None,
    )
