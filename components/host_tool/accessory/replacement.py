"""The containers of an accessory: the one that runs, the next one, and the old one while the next one takes over.

Data can only be used by one container at a time. So the next one is made beside the old one, which is then stopped, kept
under another name, and started again if the next one does not get ready.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Optional

from ..docker.client import DockerError, docker_failed
from ..docker.containers import UP
from ..docker.environment import split_environment
from ..records.records import AccessoryRecord
from ..spec import AccessoryContainerSpec
from ..step.step import Step
from .mounts import write_files
from .route import route_to
from .words import accessory_variables, accessory_words


@dataclass(frozen=True)
class NamedContainer:
    """A container that was found by its name.

    Attributes:
        id: The first 12 digits of its id.
        state: Docker's word.
        labels: Its labels.
        image: Its image as it was named when it was made.
    """

    id: str
    state: str
    labels: Mapping[str, str]
    image: str

    @property
    def is_up(self) -> bool:
        """Whether it has a process, or is about to."""
        return self.state in UP

    @property
    def release(self) -> str:
        """The hash of all that it is made of, "" if Kamal or somebody else made it."""
        return self.labels.get("release", "")


def next_name(service: str) -> str:
    """Return the name of a container that is made, and has not run."""
    return f"{service}-next"


def find(step: Step, *names: str) -> dict[str, NamedContainer]:
    """Return the containers with these names, of those that are there."""
    return {data["Name"].lstrip("/"): _named(data) for data in step.docker.inspect(*names) if "State" in data}


def recover(step: Step, record: AccessoryRecord) -> Optional[NamedContainer]:
    """Finish or take back a replacement that was interrupted, and return the accessory's container then."""
    service = record.service
    names = (service, next_name(service), record.replaced)
    found = find(step, *names)
    if names[1] in found:
        step.docker.containers.remove_keeping_data([names[1]])
    if names[2] not in found:
        return found.get(service)
    current = found.get(service)
    if current and current.is_up and record.release and current.release == record.release:
        step.docker.containers.remove_keeping_data([names[2]])
        return current
    step.say(f"the old container of {service} comes back")
    bring_back(step, record)
    return find(step, service).get(service)


def bring_back(step: Step, record: AccessoryRecord) -> None:
    """Have the old container run again in place of the new one, with its own files."""
    service = record.service
    if service in find(step, service):
        step.docker.containers.remove_keeping_data([service])
    if record.container:
        write_files(step, record.container)
    step.docker.containers.rename(record.replaced, service)
    step.docker.containers.start([service])
    if record.proxy:
        route_to(step, record, find(step, service)[service].id)


def make_next(
    step: Step, container: AccessoryContainerSpec, release: str, secrets: Mapping[str, str]
) -> NamedContainer:
    """Make the next container beside the one that runs, and do not start it. Docker checks its options.

    Raises:
        StepError: Docker refuses it.
    """
    name = next_name(container.service)
    environment = split_environment(accessory_variables(container, secrets))
    words = accessory_words(container, name, release, environment)
    step.wait_for(f"Docker to make the container {container.service}")
    try:
        step.docker.containers.create(words, environment, start=False)
    except DockerError as error:
        raise docker_failed(
            f"the container {container.service} could not be made. Check its settings.", error
        ) from None
    return find(step, name)[name]


def take_over(
    step: Step, container: AccessoryContainerSpec, before: AccessoryRecord, old: Optional[NamedContainer]
) -> None:
    """Stop the old container, if there is one, and start the next one under its name.

    Raises:
        StepError: Docker refuses it.
    """
    service = container.service
    if old:
        if old.is_up:
            step.wait_for(f"the old container of {service} to stop, up to {before.stop_timeout} s")
            step.say(f"stopping the old container {service}")
            step.docker.containers.stop([service], before.stop_timeout)
        step.docker.containers.rename(service, before.replaced)
    write_files(step, container)
    step.docker.containers.rename(next_name(service), service)
    step.say(f"starting {service} ({container.image})")
    start(step, service)


def start(step: Step, service: str) -> None:
    """Start the accessory's container.

    Raises:
        StepError: Docker refuses it.
    """
    step.wait_for(f"Docker to start {service}")
    try:
        step.docker.containers.start([service])
    except DockerError as error:
        remedy = "Check its settings, and what else has its port."
        raise docker_failed(f"the container {service} could not be started. {remedy}", error) from None


def _named(data: Mapping[str, Any]) -> NamedContainer:
    config = data["Config"]
    return NamedContainer(data["Id"][:12], data["State"]["Status"], config.get("Labels") or {}, config["Image"])
