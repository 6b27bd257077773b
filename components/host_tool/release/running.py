"""What runs after a switch, read back from Docker and kamal-proxy, and compared with what should."""

from __future__ import annotations

from collections.abc import Mapping

from ..docker.container_details import ContainerDetails, details_of
from ..docker.images import Image, image_of
from ..errors import StepError
from ..identity import digest_of
from ..result import RouteFacts, Running
from ..step.step import Step


def read_back(step: Step, container: str, image: str) -> tuple[ContainerDetails, Image]:
    """Return what Docker says of a container and of the image that it should be of.

    Raises:
        StepError: One of them is gone.
    """
    found = step.docker.inspect(container, image)
    if len(found) < 2:
        raise StepError(
            f"the container {container} could not be read back.", "Docker says: no such container, or no such image"
        )
    return details_of(found[0]), image_of(found[1])


def verify(container: ContainerDetails, image: Image, reference: str, *, release: str, version: str) -> None:
    """Check that a container is what a release says.

    Args:
        container: The container, as Docker says.
        image: The image that the release names, as Docker says.
        reference: The release's image: repository:version@sha256:….
        release: The release.
        version: Its version.

    Raises:
        StepError: It does not run, or is another one.
    """
    if not container.is_running:
        raise StepError(
            f"the container {container.name} does not run any more. See docker logs {container.name} there."
        )
    digests = [digest.partition("@")[2] for digest in image.digests] if image.id == container.image_id else []
    digest = digest_of(reference)
    _check(container, "release label", release, container.release)
    _check(container, "version label", version, container.version)
    _check(container, "KAMAL_VERSION", version, container.kamal_version)
    _check(container, "image digest", digest, digest if digest in digests else ", ".join(digests))


def verify_route(container: ContainerDetails, service: str, port: int, routes: Mapping[str, RouteFacts]) -> None:
    """Check that kamal-proxy routes a service to a container.

    Raises:
        StepError: It does not.
    """
    found = ", ".join(routes[service].targets) if service in routes else ""
    _check(container, "target of kamal-proxy", f"{container.id[:12]}:{port}", found)


def running_of(container: ContainerDetails, reference: str, previous: str) -> Running:
    """Return what the step prints of a container."""
    return Running(
        container=container.name,
        container_id=container.id,
        version=container.version,
        digest=digest_of(reference),
        release=container.release,
        since=container.since,
        previous=previous,
    )


def _check(container: ContainerDetails, what: str, expected: str, found: str) -> None:
    if expected != found:
        raise StepError(
            f'after the switch the {what} of container {container.name} is "{found}", expected "{expected}". Someone '
            "else changed it: deploy again."
        )
