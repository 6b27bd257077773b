"""accessory APP NAME SECRETS [CERTIFICATE]: the accessory runs as the settings want it; a container of other settings is replaced.

The data stays where it is. A container that does not get ready is removed, and the old one runs again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Optional

from ..accessory.holders import Holder, former_holders
from ..accessory.mounts import make_directories
from ..accessory.replacement import (
    NamedContainer,
    bring_back,
    find,
    make_next,
    next_name,
    recover,
    start,
    take_over,
)
from ..accessory.route import forget_other_certificates, route_to
from ..accessory.words import release_of
from ..docker.client import DockerError, docker_failed
from ..docker.container_state import container_state
from ..docker.engine import timestamp
from ..errors import StepError
from ..ownership import other_service
from ..proxy_container import remove_own_route
from ..records.accessory_folder import AccessoryFolder
from ..records.older_tools import forget_older_tools, this_tool
from ..records.records import AccessoryRecord
from ..release.health import await_healthy
from ..release.image import pull
from ..release.readiness import await_ready
from ..result import RunningAccessory
from ..spec import AccessoryContainerSpec, AccessorySpec, ProbeSpec
from ..step.step import Step

SPEC = AccessorySpec


def run(step: Step, spec: AccessorySpec, name: str, secrets_hash: str, *certificate: str) -> RunningAccessory:
    """Have the accessory run, and return what runs."""
    folder, container = step.take_accessory(name), spec.container
    step.host = container.host
    step.lock(folder.lock)
    holders = former_holders(step, container.service)
    for holder in holders:
        # The old container may have to be routed to again.
        folder.copy_certificates(holder.folder)
    before = _known(folder, holders, spec)
    old = recover(step, before)
    _check_is_ours(step, before, old, taken=bool(holders))
    release = step.release = release_of(container, secrets_hash)
    wanted = _wanted(spec, before, release, "".join(certificate[:1]))
    with step.undo() as undo:
        if old and old.release == release:
            if not old.is_up:
                undo.add(step.docker.containers.stop, [container.service], spec.stop_timeout)
                start(step, container.service)
            pulled = before.pulled
        else:
            pulled = _pull(step, folder, container) or (before.pulled if before.pulled == container.image else "")
            undo.add(_take_back, step, before, old)
            make_directories(step, container)
            make_next(step, container, release, folder.secrets(secrets_hash))
            take_over(step, container, before, old)
        _await(step, spec)
        running = _read_back(step, container, release)
        route_to(step, wanted, running.container_id[:12])
    folder.save(replace(wanted, pulled=pulled))
    if before.proxy and not wanted.proxy:
        remove_own_route(step, container.service, [running.container_id[:12]])
    _retire(step, container, before)
    for holder in holders:
        forget_other_certificates(step, holder.app, holder.folder)
        holder.folder.forget()
    forget_other_certificates(step, step.folder, folder, wanted.certificate)
    folder.forget_other_secrets(secrets_hash)
    forget_older_tools(step.folder)
    return running


def _known(folder: AccessoryFolder, holders: Sequence[Holder], spec: AccessorySpec) -> AccessoryRecord:
    """Return what is known of the container: by this accessory, or by the one that had it before. Of a new one its name.

    Raises:
        StepError: This accessory has a container of another name.
    """
    record = folder.record()
    if record:
        if problem := other_service(folder.name, spec.container.service, record.service):
            raise StepError(f"{problem}.")
        return record
    if holders:
        return holders[0].record
    return AccessoryRecord(spec.container.service, spec.container.host, spec.stop_timeout)


def _wanted(spec: AccessorySpec, before: AccessoryRecord, release: str, certificate: str) -> AccessoryRecord:
    return replace(
        before,
        host=spec.container.host,
        stop_timeout=spec.stop_timeout,
        release=release,
        container=spec.container,
        proxy=spec.proxy,
        drain_timeout=spec.drain_timeout,
        certificate=certificate,
        tool=this_tool(),
    )


def _check_is_ours(step: Step, record: AccessoryRecord, found: Optional[NamedContainer], *, taken: bool) -> None:
    """Check that the container of that name may be replaced: it is known here, or Kamal or a lost ~/.kamal has left it.

    Raises:
        StepError: It may not.
    """
    app = step.folder.app_record()
    if not found or record.release or taken or (app and app.take_over):
        return
    if found.labels.get("service") != record.service:
        raise StepError(
            f"a container {record.service} is there, which neither this program nor Kamal has made. Rename or remove it, "
            f"set accessories.{step.accessory}.service, or take it over (pulumi config set deploy:take_over true)."
        )


def _pull(step: Step, folder: AccessoryFolder, container: AccessoryContainerSpec) -> str:
    """Pull the image unless it is there, and return it if it was pulled."""
    if step.docker.images.find(container.image):
        return ""
    pull(step, container.image, folder.login_folder)
    return container.image


def _await(step: Step, spec: AccessorySpec) -> None:
    """Wait until the container is healthy or, without a health check, has run for a while.

    Raises:
        StepError: It was not in time.
    """
    container = spec.container
    found = find(step, container.service)[container.service].id
    restarts = container_state(step.docker, found, container.network).restarts
    if spec.proxy:
        probe = ProbeSpec(spec.proxy.app_port, spec.proxy.healthcheck)
        await_healthy(step, found, container.network, probe, spec.deploy_timeout)
        return
    step.wait_for(f"{step.subject} to become ready")
    step.say(f"waiting until {step.short_subject} is ready")
    await_ready(
        step,
        found,
        container.network,
        delay=spec.readiness_delay,
        limit=spec.deploy_timeout,
        restarts_before=restarts,
    )


def _take_back(step: Step, before: AccessoryRecord, old: Optional[NamedContainer]) -> None:
    """Put the host back as it was before a replacement."""
    service = before.service
    found = find(step, service, next_name(service), before.replaced)
    if before.replaced in found:
        step.say(f"the old container {service} runs again")
        bring_back(step, before)
    elif service in found and not old:
        step.docker.containers.remove_keeping_data([service])
    elif old and old.is_up and not found[service].is_up:
        # It was stopped, and not put aside yet.
        step.docker.containers.start([service])
    if next_name(service) in found:
        step.docker.containers.remove_keeping_data([next_name(service)])


def _read_back(step: Step, container: AccessoryContainerSpec, release: str) -> RunningAccessory:
    """Return what runs, as Docker says.

    Raises:
        StepError: It does not run any more, or is another container.
    """
    data = next((each for each in step.docker.inspect(container.service) if "State" in each), None)
    if not data or not data["State"]["Running"] or (data["Config"]["Labels"] or {}).get("release") != release:
        raise StepError(
            f"the container {container.service} does not run any more. See docker logs {container.service} there."
        )
    image = step.docker.images.find(data["Image"])
    digests = sorted({digest.partition("@")[2] for digest in image.digests}) if image else []
    return RunningAccessory(
        container=container.service,
        container_id=data["Id"],
        image=container.image,
        digest=digests[0] if digests else data["Image"],
        release=release,
        since=timestamp(data["State"]["StartedAt"]),
    )


def _retire(step: Step, container: AccessoryContainerSpec, before: AccessoryRecord) -> None:
    """Remove the old container, and the image that was pulled for it. The data of both is the same."""
    name = before.replaced
    if name in find(step, name):
        try:
            step.docker.containers.remove_keeping_data([name])
        except DockerError as error:
            raise docker_failed(f"the old container {name} could not be removed.", error) from None
    if before.pulled and before.pulled != container.image:
        # Docker keeps one that another container uses.
        step.docker.images.remove(before.pulled)
