"""What is deployed: a build of a source tree, or a version that is already in the registry."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Protocol

import pulumi

from ..inspection import StackState
from ..settings import Settings
from ..source import resolve_source
from .buildx import BuildxBuild, check_buildx
from .docker_engine import docker_host
from .needs_buildx import needs_buildx
from .pinned_version import PinnedVersion, Versions
from .published_image import PublishedImage
from .source_build import SourceBuild, Way


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
        ImageError: A build is needed and no Docker engine answers, or there is no buildx, the registry has the version as another stack has built
            it, or it does not have the pinned version.
    """
    if settings.version:
        return PinnedVersion.look_up(settings, versions(), state.versions(name, settings))
    source = resolve_source(project / settings.builder.context, settings.source)
    needed_by = needs_buildx(settings.builder)
    build = SourceBuild(source, project, BuildxBuild() if needed_by else _engine_build(project), state)
    build.check_tag(settings)
    if needed_by and not build.has_been_pushed(settings):
        check_buildx(needed_by)
    return build


def _engine_build(project: Path) -> Way:
    # What does without pulumi_docker does not wait 60 ms for it. It is imported while the hosts answer.
    from .engine_build import EngineBuild

    return EngineBuild(docker_host(project))
