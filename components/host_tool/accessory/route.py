"""The route of an accessory that gets requests, and the files that kamal-proxy has for it."""

from __future__ import annotations

from ..errors import StepError
from ..proxy.client import (
    ProxyError,
    ProxyLostError,
    ProxyMissingError,
    ProxyRefusedError,
    ProxyStoppedError,
    route_flags,
)
from ..proxy.files import FileSet, certificate_set, file_flags, folder_of_accessory
from ..proxy_container import await_answer, revive_proxy
from ..records.accessory_folder import AccessoryFolder
from ..records.app_folder import AppFolder
from ..records.records import AccessoryRecord
from ..release.route_files import files_of_certificate
from ..spec import SwitchSpec
from ..step.step import Step


def route_to(step: Step, record: AccessoryRecord, container: str) -> None:
    """Have kamal-proxy route the accessory's requests to a container.

    Args:
        step: The step.
        record: The accessory, with its route.
        container: The first 12 digits of the container's id.

    Raises:
        StepError: kamal-proxy refuses it, or is not there, or its certificate is gone.
    """
    route = record.proxy
    if not route:
        return
    folder = step.folder.accessory(step.accessory)
    files = files_of_certificate(folder, record.certificate, f"accessory {step.accessory}")
    target = f"{container}:{route.app_port}"
    limits = SwitchSpec("", ROUTE_LIMIT, record.stop_timeout, 0, drain_timeout=record.drain_timeout or 0)
    step.wait_for(f"kamal-proxy to route to {record.service}")
    try:
        _deploy(step, record.service, target, route_flags(limits, route), files)
    except ProxyMissingError:
        raise StepError(
            "kamal-proxy is not on this host any more. Prepare the host again: pulumi up --replace, with the URN of its "
            "prepare step."
        ) from None
    except ProxyRefusedError as refusal:
        raise StepError(f"its route was refused by kamal-proxy: {refusal}.") from None
    except ProxyError as lost:
        raise StepError(f"kamal-proxy ended before it routed to {record.service} ({lost}). Deploy again.") from None


ROUTE_LIMIT = 30
"""Seconds that kamal-proxy's own check may take. The container has answered one before."""


def forget_other_certificates(step: Step, app: AppFolder, folder: AccessoryFolder, used: str = "") -> None:
    """Remove what kamal-proxy was given for an accessory's earlier routes, and then its certificates from this host.

    While one is kept here, kamal-proxy may have it.

    Args:
        step: The step.
        app: The accessory's app.
        folder: What the host remembers of the accessory.
        used: The certificate that its present route has, "" for none.
    """
    unused = [certificate_set(each) for each in folder.certificates() if each != used]
    if not unused:
        return
    if step.proxy.remove_files(folder_of_accessory(app.app, folder.name), unused if used else ("",)):
        folder.forget_other_certificates(used)
    else:
        step.say(f"kamal-proxy still has {', '.join(unused)}: they could not be removed, and are not used any more")


def _deploy(step: Step, service: str, target: str, flags: list[str], files: list[FileSet]) -> None:
    route_folder = folder_of_accessory(step.folder.app, step.accessory)
    if files:
        # Also a kamal-proxy that does not run takes them.
        step.proxy.give_files(route_folder, files)
    flags = [*flags, *file_flags(route_folder, files)]
    try:
        step.proxy.deploy(service, target, flags)
    except ProxyStoppedError:
        revive_proxy(step)
        step.proxy.deploy(service, target, flags)
    except ProxyLostError:
        # Nobody knows whether it has. To ask once more changes nothing where it has.
        await_answer(step)
        step.proxy.deploy(service, target, flags)
