"""remove_accessory APP NAME OWNER STACK HOST [delete-data]: the accessory leaves this host; its data only where that is wanted.

It may be run again, also where things are gone already. Pulumi also runs it when a teardown was replaced, renamed or moved: what
is there is then no longer what it tears down, and it does nothing.
"""

from __future__ import annotations

from typing import Optional

from ..accessory.mounts import data_in_words, delete_data
from ..accessory.replacement import find, next_name
from ..accessory.route import forget_other_certificates
from ..owner import Owner
from ..proxy_container import remove_own_route
from ..records.app_folder import AppFolder
from ..records.records import AccessoryRecord
from ..step.step import Step
from .remove import remove_app

DELETE_DATA = "delete-data"


def run(step: Step, name: str, owner: str, stack: str, host: str, *options: str) -> None:
    """Tear the accessory down, unless it is not what this teardown is for."""
    folder = step.take_accessory(name)
    if folder.path.exists():
        step.lock(folder.lock)
    record = folder.record()
    if reason := reason_to_stay(step.folder, name, record, Owner(owner, stack), host):
        step.say(f"nothing is torn down: {reason}")
        return
    if record:
        step.host = record.host
        _remove(step, record, with_data=DELETE_DATA in options)
    # Also where its first deploy has failed.
    forget_other_certificates(step, step.folder, folder)
    folder.forget()
    app = step.folder.app_record()
    if not step.folder.roles() and not step.folder.accessories() and not (app and app.resource):
        remove_app(step)


def reason_to_stay(app: AppFolder, name: str, record: Optional[AccessoryRecord], owner: Owner, host: str) -> str:
    """Return why a teardown takes nothing down, "" if it does.

    Args:
        app: The app.
        name: The accessory.
        record: What the host knows of it, None for nothing.
        owner: Whose teardown it is.
        host: The host as the settings spelled it.
    """
    noted = app.app_record()
    if noted and not noted.owner.is_same(owner):
        return f"the app {app.app} belongs to stack {noted.owner.stack} now"
    if record and record.host.lower() != host.lower():
        return f"accessory {name} is deployed to this host as {record.host} now"
    if noted and noted.resource and name in noted.accessories:
        return f"accessory {name} is still deployed here, by {noted.resource}"
    return ""


def _remove(step: Step, record: AccessoryRecord, *, with_data: bool) -> None:
    service, container = record.service, record.container
    found = find(step, service, next_name(service), record.replaced)
    if record.proxy:
        # First, so that no request is lost to a container that stops.
        remove_own_route(step, service, [each.id for each in found.values()])
    if running := [name for name, each in found.items() if each.is_up]:
        step.wait_for(f"{service} to stop, up to {record.stop_timeout} s")
        step.docker.containers.stop(running, record.stop_timeout)
    if found and with_data:
        step.docker.containers.remove(found)
    elif found:
        step.docker.containers.remove_keeping_data(found)
    if container and with_data:
        delete_data(step, container)
    elif container:
        step.say(f"the data of {service} stays: {data_in_words(container)}")
    if record.pulled:
        step.docker.images.remove(record.pulled)
