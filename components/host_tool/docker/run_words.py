"""The words of `docker run` that make a role's container."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ..identity import container_name
from ..spec import ContainerSpec
from .environment import Environment

# A task runs beside the role's containers: it cannot have their ports, and does not start again.
NOT_FOR_TASKS = ("publish", "restart")


def container_words(
    container: ContainerSpec, release: str, image: str, environment: Environment, volumes: Sequence[str] = ()
) -> list[str]:
    """Return the arguments of `docker run` or `docker create` that make the container of a release.

    Args:
        container: What it is made of.
        release: The release.
        image: Its image.
        environment: Its environment variables.
        volumes: What is mounted beside the volumes in its options.
    """
    labels = {
        **container.labels,
        # Last, so that no label of the user's can hide them.
        "service": container.service,
        "role": container.role,
        "destination": container.destination,
        "version": container.version,
        "release": release,
    }
    return [
        *("--name", container_name(container, release)),
        *("--network", container.network, "--pull", "never"),
        *("--restart", "unless-stopped"),
        *option_words(container.options),
        *(f"--volume={volume}" for volume in volumes),
        *label_words(labels),
        *environment_words(environment),
        image,
        *container.cmd,
    ]


def task_words(
    container: ContainerSpec, name: str, labels: Mapping[str, str], image: str, environment: Environment
) -> list[str]:
    """Return the arguments of `docker run` that run a task in a container like the role's.

    The container has none of the labels by which the role's containers are found.
    """
    options = {option: values for option, values in container.options.items() if option not in NOT_FOR_TASKS}
    return [
        *("--name", name),
        *("--network", container.network, "--pull", "never"),
        *option_words(options),
        *label_words({**container.labels, **labels}),
        *environment_words(environment),
        image,
        *container.cmd,
    ]


def container_variables(container: ContainerSpec, name: str, secrets: Mapping[str, str]) -> dict[str, str]:
    """Return all environment variables of a container: the user's, the secret ones, and Kamal's."""
    destination = {"KAMAL_DESTINATION": container.destination} if container.destination else {}
    return {
        **container.env,
        **secrets,
        "KAMAL_CONTAINER_NAME": name,
        "KAMAL_VERSION": container.version,
        "KAMAL_HOST": container.host,
        **destination,
    }


def option_words(options: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    """Yield options of `docker run`: `--memory=64m`, or `--init` where the value is "true"."""
    for option, values in options.items():
        for value in values:
            yield f"--{option}" if value == "true" else f"--{option}={value}"


def label_words(labels: Mapping[str, str]) -> Iterator[str]:
    """Yield the options that set labels."""
    for label, value in labels.items():
        yield from ("--label", f"{label}={value}")


def environment_words(environment: Environment) -> Iterator[str]:
    """Yield the options with which Docker's client reads variables from its input and its own environment."""
    yield from ("--env-file", "/dev/stdin")
    for name in environment.exported:
        yield from ("--env", name)
