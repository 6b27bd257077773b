"""A build of a source tree: its labels, whether its tag is free, and the way in which it is built and pushed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pulumi

from ..errors import ImageError
from ..inspection import StackState
from ..naming import BUILD_LABEL, content_hash, oci_labels
from ..settings import Settings
from ..source import Source, format_file_list
from .build_context import BuildContext
from .private_files import PrivateFiles
from .published_image import PublishedImage
from .registry import RegistryError, image_labels


class Way(Protocol):
    """Declares a build and a push."""

    needs_login: bool
    """Whether it reads the registry's login from a file."""

    def declare(
        self,
        name: str,
        settings: Settings,
        source: Source,
        context: BuildContext,
        labels: Mapping[str, str],
        *,
        parent: pulumi.Resource,
        depends_on: Iterable[pulumi.Resource],
    ) -> PublishedImage:
        """Declare the build and the push; the arguments are those of `SourceBuild.publish`, and what follows from them."""


@dataclass(frozen=True)
class SourceBuild:
    """A version that is built from a source tree and pushed.

    Attributes:
        source: The tree.
        project: The Pulumi project's folder, relative to the folder of the program.
        way: What declares the build: by the Docker engine here, or by buildx.
        state: What the stack has.
    """

    source: Source
    project: Path
    way: Way
    state: StackState

    @property
    def version(self) -> str:
        """The version of the tree."""
        return self.source.version

    def publish(
        self, name: str, settings: Settings, *, parent: pulumi.Resource, depends_on: Iterable[pulumi.Resource]
    ) -> PublishedImage:
        """Declare the build and the push."""
        if self.source.left_out:
            pulumi.log.warn(self._left_out(), parent)
        login = settings.registry_login if self.way.needs_login else None
        secrets = {name: settings.secret(name) for name in settings.builder.secrets}
        context = BuildContext(self.source, self.project, PrivateFiles(secrets, settings.registry.server, login))
        return self.way.declare(
            name, settings, self.source, context, self._labels(settings), parent=parent, depends_on=depends_on
        )

    def check_tag(self, settings: Settings) -> None:
        """Check that the registry does not have the version, built with other settings.

        Raises:
            ImageError: It has: a push would change what another stack rolls back to, or promotes.
        """
        if not self.state.known or self.has_been_pushed(settings):
            return
        try:
            labels = image_labels(settings.registry.server, settings.image, self.version, settings.registry_login)
        except RegistryError:
            # It is not there, or the push will tell what is wrong.
            return
        theirs = labels.get(BUILD_LABEL, "")
        if theirs and theirs != self._content(settings):
            raise ImageError(
                f"{settings.repository}:{self.version} is in the registry already, built with other settings of builder, "
                "perhaps by another stack. A push would replace what that rolls back to. Give this stack an image of its "
                "own (pulumi config set deploy:image …), use the same settings, or deploy what is there: "
                f"pulumi config set deploy:version {self.version}"
            )

    def has_been_pushed(self, settings: Settings) -> bool:
        """Return whether this stack has built the version before: then the tag is its own."""
        name = f"{settings.repository}:{self.version}"
        by_engine = self.state.resources("docker:index/registryImage:RegistryImage")
        by_buildx = [self.state.environment(command, "BUILD") for command in self.state.commands_ending("-buildx")]
        return any(
            each.get(key) == name for key, found in (("name", by_engine), ("image", by_buildx)) for each in found
        )

    def _is_unlabelled(self, settings: Settings) -> bool:
        """Return whether the stack has built the version without the label, as the first release did.

        Another label would be another digest, and restart every container.
        """
        name = f"{settings.repository}:{self.version}"
        images = self.state.resources("docker:index/remoteImage:RemoteImage")
        return any(
            image.get("name") == name and BUILD_LABEL not in ((image.get("build") or {}).get("label") or {})
            for image in images
        )

    def _content(self, settings: Settings) -> str:
        """Return a hash of all settings that make the image what it is, besides the version."""
        builder = settings.builder
        platform = ",".join(builder.platforms) or None
        content: list[object] = [str(self.source.folder), builder.dockerfile, builder.target, builder.args, platform]
        others = {
            "secrets": builder.secrets,
            "ssh": builder.ssh,
            "provenance": builder.provenance,
            "sbom": builder.sbom,
        }
        # What is not set leaves the hash as it was before there was such a setting.
        given = {key: value for key, value in others.items() if value}
        return content_hash([*content, given] if given else content)

    def _labels(self, settings: Settings) -> dict[str, str]:
        """Return the labels of the image."""
        source = self.source
        labels = oci_labels(
            settings.service, source.version, source.commit, source.created, settings.builder.source_url
        )
        return labels if self._is_unlabelled(settings) else {**labels, BUILD_LABEL: self._content(settings)}

    def _left_out(self) -> str:
        return (
            f"commit {self.source.commit[:12]} is deployed without these uncommitted changes:\n"
            f"{format_file_list(self.source.left_out)}\n"
            "Commit them, or build the working tree as it is: pulumi config set deploy:source worktree"
        )
