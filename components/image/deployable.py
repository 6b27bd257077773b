"""What is deployed: a build of a source tree, or a version that is already in the registry."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Protocol

import pulumi

from ..inspection import StackState
from ..settings import Settings
from ..source import resolve_source
from .docker_engine import docker_host
from .pinned_version import PinnedVersion, Versions
from .published_image import PublishedImage


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


def what_to_deploy(
    name: str, settings: Settings, project: Path, state: StackState, versions: Callable[[], Versions]
) -> Deployable:
    """Return what the settings want to be deployed.

    Args:
        name: The name of the deploy.
        settings: The settings of the deploy.
        project: The Pulumi project's folder, relative to the folder of the program.
        state: What the stack has.
        versions: Gives what each host has run. Asked only for a pinned version.

    Raises:
        SourceError: There is no commit to build, or `deploy:source` refuses the working tree.
        ImageError: A build is needed and no Docker engine answers, the registry has the version as another stack has built
            it, or it does not have the pinned version.
    """
    if settings.version:
        return PinnedVersion.look_up(settings, versions(), state.versions(name, settings))
    # A pinned version does without pulumi_docker, which takes 60 ms. It is imported while the hosts answer.
    from .source_build import SourceBuild

    source = resolve_source(project / settings.builder.context, settings.source)
    build = SourceBuild(source, project, docker_host(project), state)
    build.check_tag(settings)
    return build
