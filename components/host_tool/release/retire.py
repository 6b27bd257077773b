"""The old containers of a role after a switch: stopped and kept, the oldest removed with their images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..docker.client import DockerError, docker_failed
from ..docker.containers import Container
from ..proxy.client import is_routed
from ..records.records import RoleRecord
from ..records.role_folder import RoleFolder
from ..result import RouteFacts
from ..step.step import Step
from .container import is_leftover
from .retention import LEAVE, REMOVE, classify_old_containers


def retire(
    step: Step,
    folder: RoleFolder,
    record: RoleRecord,
    containers: Sequence[Container],
    routes: Mapping[str, RouteFacts],
    retain: int,
) -> None:
    """Stop the old containers, keep as many as are wanted, and remove the others.

    Args:
        step: The step.
        folder: What the host remembers of the role.
        record: The role, whose current release has been switched to.
        containers: The role's containers before the switch.
        routes: What kamal-proxy routes to: that is never touched.
        retain: How many stopped containers are kept.
    """
    releases = folder.releases()
    decided = classify_old_containers(
        containers,
        release=record.current,
        previous=record.previous,
        leftovers={release for release in releases if is_leftover(release, releases, record.current)},
        routed={container.id for container in containers if is_routed(container.id, routes)},
        retain=retain,
    )
    for container, action in decided:
        if action == LEAVE:
            step.say(f"{container.name} is routed to by kamal-proxy: left as it is")
    stop_containers(step, [container for container, action in decided if action != LEAVE], record.stop_timeout)
    remove_containers(step, [container for container, action in decided if action == REMOVE])
    kept = {container.release for container, action in decided if action != REMOVE}
    for release in releases.keys() - kept - {record.current, record.previous}:
        folder.forget_release(release)
    folder.forget_unused_secrets()
    remove_unused_images(step)


def stop_containers(step: Step, containers: Sequence[Container], seconds: int) -> None:
    """Stop those containers that are up, all at once."""
    running = [container.id for container in containers if container.is_up]
    if not running:
        return
    step.wait_for(f"{len(running)} old container(s) of role {step.role} to stop, up to {seconds} s")
    try:
        step.docker.containers.stop(running, seconds)
    except DockerError as error:
        raise docker_failed("a container did not stop.", error) from None


def remove_containers(step: Step, containers: Sequence[Container]) -> None:
    """Remove containers that have been stopped. Their named volumes stay."""
    if not containers:
        return
    step.say(f"removing {len(containers)} old container(s)")
    try:
        step.docker.containers.remove([container.id for container in containers])
    except DockerError as error:
        raise docker_failed("an old container could not be removed.", error) from None


def remove_unused_images(step: Step) -> None:
    """Remove the images that this app has used and no release needs. One that Docker keeps is tried again next time."""
    for image, record in step.folder.unused_images():
        if step.docker.images.remove(image):
            # The step of another role may do the same.
            record.unlink(missing_ok=True)
