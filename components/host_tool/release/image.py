"""The image of a version, on this host and verified."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Optional

from ..docker.client import DockerError, docker_failed
from ..docker.images import Image
from ..errors import StepError
from ..host_checks import check_disk
from ..identity import check_image
from ..step.step import Step

# What Docker says when a pull fails, and what helps. The first that fits counts.
REMEDIES = (
    (("unauthorized", "authentication required", "denied", "no basic auth"), "The registry {registry} refused the login: check registry.username and the password's secret."),
    (("not found", "manifest unknown"), "The registry {registry} does not have it: push this version, or deploy one that exists."),
    (("no space left",), "The disk of {machine} is full: make room (docker system df), then deploy again."),
    (("x509", "certificate"), "{machine} does not trust the registry's certificate: put its CA there in /etc/docker/certs.d/{registry}/ca.crt."),
    (("",), "Check that {machine} reaches the registry {registry}, then deploy again."),
)  # fmt: skip


def ensure_image(step: Step, image: str, service: str, version: str, build: str) -> None:
    """Have the image on this host, pulled by its digest, and verify its labels: the one version is in the image itself.

    Args:
        step: The step.
        image: repository:version@digest.
        service: Its service.
        version: Its version.
        build: The hash of the settings that it was built with, "" if the deployer does not know.

    Raises:
        StepError: It cannot be pulled, or is of another service, version or build.
    """
    found = step.docker.images.find(check_image(image))
    # Also where it is here already: another app may have pulled it, and may go first. And before a pull: when that is
    # interrupted, the image may come all the same.
    record = step.folder.save_image(image)
    if not found:
        try:
            pull(step, image, step.folder.login_folder)
        except StepError:
            record.unlink()
            raise
        found = step.docker.images.find(image)
    if not found or (found.service, found.version) != (service, version):
        raise StepError(_wrong_labels(image, found, service, version))
    if build and found.build != build:
        raise StepError(
            f"{image} was built with other settings of builder: another stack has pushed the same tag in the meantime. Give "
            "this stack an image of its own (deploy:image), then deploy again."
        )


def remedy_for(said: str, registry: str, machine: str) -> str:
    """Return what helps against a failed pull, by what Docker said."""
    fitting = (remedy for words, remedy in REMEDIES if any(word in said for word in words))
    return next(fitting).format(registry=registry, machine=machine)


def registry_of(image: str) -> str:
    """Return the server of the registry in an image's reference: Docker Hub's where it names none."""
    server, slash, _ = image.partition("/")
    return server if slash and (server == "localhost" or set(server) & set(".:")) else "docker.io"


def layers_pulled(lines: Iterable[str]) -> Iterable[str]:
    """Yield a line a layer. Docker's progress without a terminal is several lines a layer."""
    layers = complete = 0
    for line in lines:
        if line.endswith(": Pulling fs layer"):
            layers += 1
        elif line.endswith(": Pull complete"):
            complete += 1
            yield f"pulled layer {complete} of {layers}"


def pull(step: Step, image: str, login_folder: Path) -> None:
    """Pull an image.

    Args:
        step: The step.
        image: Its reference.
        login_folder: The folder with the login to its registry.

    Raises:
        StepError: It cannot be pulled.
    """
    check_disk(step)
    step.wait_for(f"the pull of {image}")
    step.say(f"pulling {image}")
    try:
        with step.docker.images.pulling(image, str(login_folder)) as lines:
            for line in layers_pulled(lines):
                step.say(line)
    except DockerError as error:
        remedy = remedy_for(str(error), registry_of(image), step.machine)
        raise docker_failed(f"{image} could not be pulled. {remedy}", error) from None


def _wrong_labels(image: str, found: Optional[Image], service: str, version: str) -> str:
    labels = (found.service, found.version) if found else ("", "")
    if labels == (service, ""):
        # Kamal's images have the label service alone.
        return (
            f"the image {image} has no label org.opencontainers.image.version, as if Kamal had built it. Build that version with "
            "this program, without deploy:version: to go back to it, git revert what has come since."
        )
    return (
        f'the image {image} says that it is service "{labels[0]}", version "{labels[1]}"; expected service '
        f'"{service}", version "{version}". Build and push this version again.'
    )
