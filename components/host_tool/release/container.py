"""The container of a release: found, made, or started again; and taken back when the step fails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Optional

from ..docker.client import DockerError, docker_failed
from ..docker.containers import Container
from ..docker.environment import split_environment
from ..docker.run_words import container_variables, container_words
from ..errors import StepError
from ..identity import RoleIdentity, container_name
from ..proxy.client import ProxyError, ProxyMissingError, is_routed
from ..records.records import ReleaseRecord
from ..records.role_folder import RoleFolder
from ..step.step import Step
from .assets import asset_folders

UNDO_STOP_TIMEOUT = 3
"""Seconds that a container has to stop which a failed step has started."""


def bring_up(step: Step, folder: RoleFolder, release: str, containers: Sequence[Container]) -> str:
    """Have the container of a release run, made or started as need be, and return its id.

    Args:
        step: The step.
        folder: What the host remembers of the role.
        release: The release.
        containers: Those of the role.
    """
    found = container_of(release, containers)
    if not found:
        return make_container(step, folder, release, start=True)
    if not found.is_up:
        if found.state != "created":
            step.say(f"starting the kept container of version {found.version} again")
        try:
            step.docker.containers.start([found.id])
        except DockerError as error:
            raise docker_failed(f"the kept container {found.name} could not be started.", error) from None
    return found.id


def make_container(step: Step, folder: RoleFolder, release: str, *, start: bool) -> str:
    """Make the container of a release from what the host remembers, and return its id.

    Args:
        step: The step.
        folder: What the host remembers of the role.
        release: The release.
        start: Whether the container starts at once. That of a worker must not work before its switch.
    """
    record = folder.release(release)
    if not record:
        raise StepError(f"release {release} is not known on this host.")
    name = container_name(record.container, release)
    secrets = folder.secrets(record.secrets_hash)
    step.wait_for(f"Docker to make the container {name}")
    step.say(f"making the container {name}")
    environment = split_environment(container_variables(record.container, name, secrets))
    volumes = [assets.volume for assets in asset_folders(folder, release, record.container)]
    words = container_words(record.container, release, record.image, environment, volumes)
    try:
        return step.docker.containers.create(words, environment, start=start)
    except DockerError as error:
        message = f"the container {name} could not be made. Check cmd and options of the role."
        raise docker_failed(message, error) from None


def container_of(release: str, containers: Sequence[Container]) -> Optional[Container]:
    """Return the newest container of a release, None if there is none."""
    return next((container for container in containers if container.release == release), None)


def is_leftover(release: str, releases: Mapping[str, ReleaseRecord], current: str) -> bool:
    """Return whether a release is a candidate that never came to its switch.

    One that this host does not know is none: nobody knows whether it has worked.
    """
    return release in releases and not releases[release].switched and release != current


def take_back(step: Step, role: RoleIdentity, release: str, before: Sequence[Container], *, whole: bool) -> None:
    """Undo what the step has done about the containers of a release. One that kamal-proxy routes to stays as it is.

    Args:
        step: The step.
        role: The role.
        release: The release.
        before: The role's containers before the step.
        whole: Whether containers of the release that were there before go, too.
    """
    known = {container.id for container in before}
    were_up = {container.id for container in before if container.is_up}
    now = [container for container in step.docker.containers.of_role(role) if container.release == release]
    movable = unrouted(step, [container.id for container in now])
    doomed = [container.id for container in now if whole or container.id not in known]
    started = [container.id for container in now if container.is_up and container.id not in were_up]
    if remove := [container for container in doomed if container in movable]:
        step.docker.containers.remove(remove)
    if stop := [container for container in started if container in movable and container not in doomed]:
        step.docker.containers.stop(stop, UNDO_STOP_TIMEOUT)


def unrouted(step: Step, containers: Sequence[str]) -> list[str]:
    """Return those containers that kamal-proxy does not route to; none where nobody knows."""
    if not containers:
        return []
    try:
        routes = step.proxy.routes()
    except ProxyMissingError:
        return list(containers)
    except ProxyError:
        return []
    return [container for container in containers if not is_routed(container, routes)]
