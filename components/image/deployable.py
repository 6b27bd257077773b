"""What is deployed: a build of a source tree, or a version that is already in the registry."""

from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

import pulumi

from ..settings import Settings
from ..source import resolve_source
from .docker_engine import docker_host
from .pinned_version import PinnedVersion
from .published_image import PublishedImage
from .source_build import SourceBuild


class Deployable(Protocol):
    """What is deployed. Decided once, by `what_to_deploy`."""

    @property
    def version(self) -> str:
        """The version: the image's tag, and every hook's KAMAL_VERSION."""

    def publish(
        self, name: str, settings: Settings, *, parent: pulumi.Resource, depends_on: Iterable[pulumi.Resource]
    ) -> PublishedImage:
        """Declare what brings the image into the registry, if anything has to.

        Args:
            name: What the resources' names begin with.
            settings: The settings of the deploy.
            parent: The component that the resources belong to.
            depends_on: What has to succeed before a build.
        """


def what_to_deploy(settings: Settings, project: Path) -> Deployable:
    """Return what the settings want to be deployed.

    Args:
        settings: The settings of the deploy.
        project: The Pulumi project's folder, relative to the folder of the program.

    Raises:
        SourceError: There is no commit to build, or `deploy:source` refuses the working tree.
        ImageError: A build is needed and no Docker engine answers, or the registry does not have the pinned version.
    """
    if settings.version:
        return PinnedVersion.look_up(settings)
    source = resolve_source(project / settings.builder.context, settings.source)
    return SourceBuild(source, project, docker_host(project))
