"""The apps that a host remembers, and whose they are."""

from __future__ import annotations

from typing import Optional

from ..identity import RoleIdentity
from ..result import AppFacts
from .app_folder import AppFolder
from .former_record import former_record
from .records import AppRecord, RoleRecord


def app_facts(folder: AppFolder) -> AppFacts:
    """Return what the host remembers of an app."""
    app = folder.app_record()
    records = role_records(folder)
    return AppFacts(
        app=folder.app,
        owner=app.owner if app else None,
        prefixes={**_wanted_prefixes(app), **{name: record.identity.prefix for name, record in records.items()}},
        routes={name: record.route_name for name, record in records.items() if record.routed},
        resource=app.resource if app else "",
    )


def role_records(folder: AppFolder) -> dict[str, RoleRecord]:
    """Return what the host remembers of an app's roles, also where the first release has deployed them."""
    records = {role.path.name: role.record() or former_record(role) for role in folder.roles()}
    return {name: record for name, record in records.items() if record}


def _wanted_prefixes(app: Optional[AppRecord]) -> dict[str, str]:
    """Return the names that the roles have which the app's owner wants, also those that have no container yet."""
    return {role: RoleIdentity(app.service, role, app.destination).prefix for role in app.roles} if app else {}
