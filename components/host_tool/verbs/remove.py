"""remove APP ROLE: nothing of the role stays on this host but named volumes.

With the last role the app goes, with the last app kamal-proxy, the network and ~/.kamal. May be run again, and where
things are gone already.
"""

from __future__ import annotations

from ..first_release import take_over
from ..proxy.client import CONTAINER, ProxyError, ProxyMissingError
from ..proxy_container import recover_replacement, remove_route
from ..records.records import RoleRecord
from ..release.retire import remove_containers, remove_unused_images, stop_containers
from ..step.step import Step


def run(step: Step, role: str) -> None:
    """Tear the role down."""
    folder = step.take_role(role)
    if folder.path.exists():
        step.lock(folder.lock)
        take_over(step, folder)
    record = folder.record()
    if record:
        step.host = record.host
        _remove_role(step, record)
    folder.forget()
    remove_unused_images(step)
    if not step.folder.roles():
        _remove_app(step)


def _remove_role(step: Step, record: RoleRecord) -> None:
    """Remove the route first, so that no request is lost to a container that stops."""
    remove_route(step, record.identity.prefix)
    containers = step.docker.containers(record.identity)
    stop_containers(step, containers, record.stop_timeout)
    step.wait_for(f"the containers of role {record.role} to go")
    remove_containers(step, containers)


def _remove_app(step: Step) -> None:
    """Remove what the app has on this host, and kamal-proxy with the last app."""
    if not step.folder.has_other_apps():
        _remove_proxy(step)
    step.folder.forget()


def _remove_proxy(step: Step) -> None:
    """Remove kamal-proxy, unless it routes to something that is none of ours. Its volume with the certificates stays."""
    step.lock(step.folder.proxy_lock)
    recover_replacement(step)
    try:
        if step.proxy.routes():
            step.say("kamal-proxy stays: it routes to others")
            return
    except ProxyMissingError:
        pass
    except ProxyError as error:
        step.say(f"kamal-proxy stays: it does not say whether it routes to others ({error})")
        return
    else:
        step.wait_for("kamal-proxy to go")
        step.docker.remove([CONTAINER])
    host = step.folder.host()
    if host:
        step.docker.remove_network(host.network)
