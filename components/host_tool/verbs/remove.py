"""remove APP ROLE [OWNER STACK HOST]: nothing of the role stays on this host but named volumes.

With the last role the app goes, with the last app kamal-proxy, the network and ~/.kamal. It may be run again, also
where things are gone already. Pulumi also runs it when a teardown was replaced, renamed or moved: what is there is then no
longer what it tears down, and it does nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from ..first_release import take_over
from ..owner import Owner
from ..proxy.client import CONTAINER, ProxyError, ProxyMissingError
from ..proxy_container import recover_replacement, remove_all_routes
from ..records.app_folder import AppFolder
from ..records.records import RoleRecord
from ..records.role_folder import RoleFolder
from ..release.assets import remove_unfinished
from ..release.retire import remove_containers, remove_unused_images, stop_containers
from ..release.route_files import forget_unused_files
from ..step.step import Step


@dataclass(frozen=True)
class Teardown:
    """What a teardown is for.

    Attributes:
        owner: The id of the app's owner.
        stack: Its stack.
        host: The host as the settings spelled it.
    """

    owner: str
    stack: str
    host: str


def run(step: Step, role: str, *teardown: str) -> None:
    """Tear the role down, unless it is not what this teardown is for."""
    folder = _lock_role(step, role)
    record = folder.record()
    if reason := reason_to_stay(step.folder, record, Teardown(*teardown) if teardown else None):
        step.say(f"nothing is torn down: {reason}")
        return
    _remove_role(step, folder)
    remove_unused_images(step)
    # Of this one something may have to stay.
    if all(other.path == folder.path for other in step.folder.roles()) and not step.folder.accessories():
        remove_app(step)


def reason_to_stay(app: AppFolder, record: Optional[RoleRecord], teardown: Optional[Teardown]) -> str:
    """Return why a teardown takes nothing down, "" if it does.

    Args:
        app: The app.
        record: What the host knows of the role, None for nothing.
        teardown: What is torn down; None for a teardown of the first release, which does not say.
    """
    noted = app.app_record()
    if teardown and noted and not noted.owner.is_same(Owner(teardown.owner, teardown.stack)):
        return f"the app {app.app} belongs to stack {noted.owner.stack} now"
    if not record:
        return ""
    if teardown and record.host.lower() != teardown.host.lower():
        return f"role {record.role} is deployed to this host as {record.host} now"
    if noted and noted.resource and record.role in noted.roles:
        return f"role {record.role} is still deployed here, by {noted.resource}"
    return ""


def remove_role(step: Step, role: str) -> None:
    """Remove a role from the host, whoever has deployed it."""
    _remove_role(step, _lock_role(step, role))
    remove_unused_images(step)


def _lock_role(step: Step, role: str) -> RoleFolder:
    folder = step.take_role(role)
    if folder.path.exists():
        step.lock(folder.lock)
        take_over(step, folder)
    return folder


def _remove_role(step: Step, folder: RoleFolder) -> None:
    record = folder.record()
    if record:
        step.host = record.host
        _remove_containers(step, record)
        remove_unfinished(step, folder, record.identity)
    folder.forget()
    if folder.path.exists():
        step.say(
            f"~/{folder.path} is left there: what a container has written below its asset_path belongs to another user. Remove "
            "it as root, and give the path :ro."
        )


def _remove_containers(step: Step, record: RoleRecord) -> None:
    """Remove the route first, so that no request is lost to a container that stops."""
    containers = step.docker.containers.of_role(record.identity)
    if not record.current and not record.switching:
        # Nothing was taken over from Kamal: what it has deployed goes on serving.
        containers = [container for container in containers if container.release]
    remove_all_routes(step, record.route_name, [container.id for container in containers])
    forget_unused_files(step, step.folder.role(record.role), record)
    stop_containers(step, containers, record.stop_timeout)
    step.wait_for(f"the containers of role {record.role} to go")
    remove_containers(step, containers)


def remove_app(step: Step) -> None:
    """Remove what the app has on this host, and kamal-proxy with the last app."""
    gone = not step.folder.other_apps() and _remove_proxy(step)
    step.folder.forget(with_proxy=gone, with_kamals=not _is_deployed_by_kamal(step))


def _is_deployed_by_kamal(step: Step) -> bool:
    """Return whether there still are containers that Kamal has made for the app."""
    app = step.folder.app_record()
    return bool(app and step.docker.containers.of_no_release(app.service, app.destination))


def _remove_proxy(step: Step) -> bool:
    """Remove kamal-proxy, unless it routes to something that is none of ours, and return whether it is gone.

    Its volume with the certificates stays.
    """
    step.lock(step.folder.proxy_lock)
    recover_replacement(step)
    try:
        if step.proxy.routes():
            step.say("kamal-proxy stays: it routes to others")
            return False
    except ProxyMissingError:
        pass
    except ProxyError as error:
        step.say(f"kamal-proxy stays: it does not say whether it routes to others ({error})")
        return False
    else:
        step.wait_for("kamal-proxy to go")
        step.docker.containers.remove([CONTAINER])
    host = step.folder.host()
    if host:
        step.docker.networks.remove(host.network)
    return True
