"""A build of a source tree: its arguments, its context on disk, the push, and what is said when one of them fails."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pulumi
import pulumi_docker as docker

from ..command import pulumi_secret
from ..errors import ImageError
from ..inspection import StackState
from ..naming import BUILD_LABEL, oci_labels
from ..resource_options import child_of
from ..settings import Settings
from ..source import Source, format_file_list
from .build_context import BuildContext
from .published_image import PublishedImage
from .registry import RegistryError, image_labels

FORMERLY = "kamal:index:AppImage"
"""The component that the image's resources were part of in the first release."""


@dataclass(frozen=True)
class SourceBuild:
    """A version that is built from a source tree and pushed.

    Attributes:
        source: The tree.
        project: The Pulumi project's folder, relative to the folder of the program.
        docker_host: The address of the Docker engine that builds and pushes.
        state: What the stack has.
    """

    source: Source
    project: Path
    docker_host: str
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
        context = BuildContext(self.source, self.project)
        arguments = self._build_arguments(settings, context)
        provider = self._provider(
            f"{name}-registry", settings, child_of(parent, formerly=f"{FORMERLY}$pulumi:providers:docker::registry")
        )

        def options(
            kind: str, depends_on: Iterable[pulumi.Resource], hooks: pulumi.ResourceHookBinding
        ) -> pulumi.ResourceOptions:
            made = child_of(parent, depends_on=depends_on, formerly=f"{FORMERLY}${kind}::{settings.service}")
            made.provider, made.hooks = provider, hooks
            # An older image stays where it is, and no Docker engine is needed to forget it.
            made.retain_on_delete = True
            return made

        image = docker.RemoteImage(
            name,
            name=f"{settings.repository}:{self.version}",
            build=docker.RemoteImageBuildArgs(**arguments),
            # The local image is the build cache, and a container may use it.
            keep_locally=True,
            opts=options("docker:index/remoteImage:RemoteImage", depends_on, context.hooks(name)),
        )
        pushed = docker.RegistryImage(
            name,
            name=image.name,
            # The same tag built with other arguments is another image, and has to be pushed again.
            triggers={"build": _hash([arguments, str(self.source.folder)])},
            # An older version in the registry is what a rollback runs.
            keep_remotely=True,
            opts=options("docker:index/registryImage:RegistryImage", [image], _push_hooks(name, settings)),
        )
        # The tag is known; taking it from the pushed image makes whatever uses it wait for the push.
        return PublishedImage(
            pushed.name.apply(lambda _: self.version), pushed.sha256_digest, arguments["label"].get(BUILD_LABEL, "")
        )

    def check_tag(self, settings: Settings) -> None:
        """Check that the registry does not have the version, built with other settings.

        Raises:
            ImageError: It has: a push would change what another stack rolls back to, or promotes.
        """
        if not self.state.known or self._has_been_pushed(settings):
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

    def _has_been_pushed(self, settings: Settings) -> bool:
        """Return whether this stack has built the version before: then the tag is its own."""
        return any(
            image.get("name") == f"{settings.repository}:{self.version}"
            for image in self.state.resources("docker:index/registryImage:RegistryImage")
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
        return _hash([str(self.source.folder), builder.dockerfile, builder.target, builder.args, builder.platform])

    def _build_arguments(self, settings: Settings, context: BuildContext) -> dict[str, Any]:
        """Return the arguments of docker.RemoteImageBuildArgs."""
        builder, source = settings.builder, self.source
        labels = oci_labels(settings.service, source.version, source.commit, source.created, builder.source_url)
        if not self._is_unlabelled(settings):
            labels[BUILD_LABEL] = self._content(settings)
        return {
            "context": str(context.folder),
            "dockerfile": builder.dockerfile,
            "target": builder.target,
            "build_args": {**builder.args, "KAMAL_VERSION": source.version},
            "platform": builder.platform,
            "cache_froms": list(builder.cache.from_) or None,
            "cache_tos": list(builder.cache.to) or None,
            "no_cache": builder.no_cache,
            # `labels` is for the classic builder; BuildKit takes `label`.
            "label": labels,
            # Without a named builder the provider writes no log (kreuzwerker/docker, `build_log_file`).
            "builder": "default",
            "build_log_file": str(context.log),
        }

    def _provider(self, name: str, settings: Settings, opts: pulumi.ResourceOptions) -> docker.Provider:
        import pulumi_docker as docker

        server, login = settings.registry.server, settings.registry_login
        if login:
            auth = docker.ProviderRegistryAuthArgs(
                address=server, username=pulumi_secret(login.username), password=pulumi_secret(login.password)
            )
        else:
            auth = docker.ProviderRegistryAuthArgs(address=server, auth_disabled=True)
        return docker.Provider(name, host=self.docker_host, registry_auth=[auth], opts=opts)

    def _left_out(self) -> str:
        return (
            f"commit {self.source.commit[:12]} is deployed without these uncommitted changes:\n"
            f"{format_file_list(self.source.left_out)}\n"
            "Commit them, or build the working tree as it is: pulumi config set deploy:source worktree"
        )


def _hash(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]


def _push_hooks(name: str, settings: Settings) -> pulumi.ResourceHookBinding:
    """Say what to do after a failed push: the provider's error names neither the registry nor a remedy."""
    server, password = settings.registry.server, settings.registry.password

    def say_what_to_check(_: pulumi.ErrorHookArgs) -> bool:
        login = f"registry.username and the secret {password[0]}" if password else "that it lets anybody push"
        pulumi.log.error(
            f"The image could not be pushed to the registry {server}. Check {login}, that {server} can be reached from "
            f"here, and that the user may push {settings.image}."
        )
        return False

    return pulumi.ResourceHookBinding(on_error=[pulumi.ErrorHook(f"{name}-push-failed", say_what_to_check)])
