"""The apps that a host remembers, and whose they are.

A damaged record of another app does not keep this one from being deployed: it is left out, and reported.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Optional, TypeVar

from ..identity import RoleIdentity
from ..result import AppFacts
from .accessory_folder import AccessoryFolder
from .app_folder import AppFolder
from .files import DamagedRecordError
from .former_record import former_record
from .records import AccessoryRecord, AppRecord, RoleRecord
from .role_folder import RoleFolder

T = TypeVar("T")


def apps_on_host(folder: AppFolder) -> tuple[AppFacts, ...]:
    """Return what the host remembers of all its apps, the app itself first.

    Raises:
        DamagedRecordError: A record of the app itself cannot be read.
    """
    own = (app_facts(folder),) if folder.path.is_dir() else ()
    return (*own, *(other_app_facts(other) for other in folder.other_apps()))


def app_facts(folder: AppFolder) -> AppFacts:
    """Return what the host remembers of an app.

    Raises:
        DamagedRecordError: A record cannot be read.
    """
    return _facts(folder.app, folder.app_record(), role_records(folder), accessory_records(folder), {})


def other_app_facts(folder: AppFolder) -> AppFacts:
    """Return what the host remembers of another app, as far as it can be read."""
    damaged: dict[str, str] = {}
    app = _readable(folder.app_record, damaged)
    roles, accessories = _readable_role_records(folder, damaged), _readable_accessory_records(folder, damaged)
    return _facts(folder.app, app, roles, accessories, damaged)


def role_records(folder: AppFolder) -> dict[str, RoleRecord]:
    """Return what the host remembers of an app's roles, also where the first release has deployed them.

    Raises:
        DamagedRecordError: A record cannot be read.
    """
    records = {role.path.name: _role_record(role) for role in folder.roles()}
    return {name: record for name, record in records.items() if record}


def other_role_records(folder: AppFolder) -> dict[str, RoleRecord]:
    """Return what the host remembers of the roles of another app, as far as it can be read."""
    return _readable_role_records(folder, {})


def accessory_records(folder: AppFolder) -> dict[str, AccessoryRecord]:
    """Return what the host remembers of an app's accessories.

    Raises:
        DamagedRecordError: A record cannot be read.
    """
    records = {accessory.name: accessory.record() for accessory in folder.accessories()}
    return {name: record for name, record in records.items() if record}


def other_accessory_records(folder: AppFolder) -> dict[str, AccessoryRecord]:
    """Return what the host remembers of the accessories of another app, as far as it can be read."""
    return _readable_accessory_records(folder, {})


def other_app_record(folder: AppFolder) -> Optional[AppRecord]:
    """Return whose another app is, None where no owner has been noted, or the note cannot be read."""
    return _readable(folder.app_record, {})


def _facts(
    name: str,
    app: Optional[AppRecord],
    records: Mapping[str, RoleRecord],
    accessories: Mapping[str, AccessoryRecord],
    damaged: dict[str, str],
) -> AppFacts:
    return AppFacts(
        app=name,
        owner=app.owner if app else None,
        prefixes={**_wanted_prefixes(app), **{name: record.identity.prefix for name, record in records.items()}},
        routes={name: record.route_name for name, record in records.items() if record.routed},
        resource=app.resource if app else "",
        damaged=damaged,
        accessories={
            **(app.accessories if app else {}),
            **{accessory: record.service for accessory, record in accessories.items()},
        },
    )


def _readable_role_records(folder: AppFolder, damaged: dict[str, str]) -> dict[str, RoleRecord]:
    records = {role.path.name: _readable(partial(_role_record, role), damaged) for role in folder.roles()}
    return {name: record for name, record in records.items() if record}


def _readable_accessory_records(folder: AppFolder, damaged: dict[str, str]) -> dict[str, AccessoryRecord]:
    records = {each.name: _readable(partial(AccessoryFolder.record, each), damaged) for each in folder.accessories()}
    return {name: record for name, record in records.items() if record}


def _readable(read: Callable[[], Optional[T]], damaged: dict[str, str]) -> Optional[T]:
    """Return what a function reads, None where that is damaged. Then the file is added to `damaged`."""
    try:
        return read()
    except DamagedRecordError as error:
        damaged[str(error.path)] = error.problem
        return None


def _role_record(role: RoleFolder) -> Optional[RoleRecord]:
    return role.record() or former_record(role)


def _wanted_prefixes(app: Optional[AppRecord]) -> dict[str, str]:
    """Return the names that the roles have which the app's owner wants, also those that have no container yet."""
    return {role: RoleIdentity(app.service, role, app.destination).prefix for role in app.roles} if app else {}
