"""The accessories of an app on this host: what is remembered of them, and their containers."""

from __future__ import annotations

from typing import Optional

from ..proxy.files import ConfigFolder, certificate_set, folder_of_accessory
from ..records.app_folder import AppFolder
from ..records.records import AccessoryRecord
from ..result import AccessoryFacts
from .docker import DockerFacts
from .roles import container_facts


def accessory_facts(app: AppFolder, name: str, record: AccessoryRecord, docker: DockerFacts) -> AccessoryFacts:
    """Return what there is of an accessory.

    Args:
        app: What the host remembers of its app.
        name: Its name.
        record: Its record.
        docker: What Docker says.
    """
    folder, found = app.accessory(name), docker.named.get(record.service)
    return AccessoryFacts(
        host=record.host,
        service=record.service,
        release=record.release,
        replacing=record.replaced in docker.named,
        login=folder.has_login(),
        secrets=tuple(sorted(path.name for path in folder.path.glob("secrets/*"))),
        container=container_facts(found, docker.routes or {}) if found else None,
        certificates=folder.certificates(),
        lost_files=_lost_files(app.app, name, record, docker.files),
    )


def _lost_files(app: str, name: str, record: AccessoryRecord, files: Optional[ConfigFolder]) -> tuple[str, ...]:
    if not record.certificate or not files:
        return ()
    given = certificate_set(record.certificate)
    return () if files.has_set(folder_of_accessory(app, name), given) else (given,)
