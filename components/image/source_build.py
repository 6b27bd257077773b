"""A build of a source tree: its arguments, its context on disk, the push, and what is said when one of them fails."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pulumi

from ..command import pulumi_secret
from ..naming import image_labels
from ..resource_options import child_of
from ..settings import Settings
from ..source import Source, format_file_list
from .build_context import BuildContext
from .published_image import PublishedImage

if TYPE_CHECKING:
    import pulumi_docker as docker

FORMERLY = "kamal:index:AppImage"
"""The component that the image's resources were part of in the first release."""


@dataclass(frozen=True)
class SourceBuild:
    """A version that is built from a source tree and pushed.

    Attributes:
        source: The tree.
        project: The Pulumi project's folder, relative to the folder of the program.
        docker_host: The address of the Docker engine that builds and pushes.
    """

    source: Source
    project: Path
    docker_host: str

    @property
    def version(self) -> str:
        """The version of the tree."""
        return self.source.version

    def publish(
        self, name: str, settings: Settings, *, parent: pulumi.Resource, depends_on: Iterable[pulumi.Resource]
    ) -> PublishedImage:
        """Declare the build and the push."""
        # Imported late: it takes 75 ms, and a pinned version does without it.
        import pulumi_docker as docker

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
            triggers={"build": _fingerprint(arguments)},
            # An older version in the registry is what a rollback runs.
            keep_remotely=True,
            opts=options("docker:index/registryImage:RegistryImage", [image], _push_hooks(name, settings)),
        )
        # The tag is known; taking it from the pushed image makes whatever uses it wait for the push.
        return PublishedImage(pushed.name.apply(lambda _: self.version), pushed.sha256_digest)

    def _build_arguments(self, settings: Settings, context: BuildContext) -> dict[str, Any]:
        """Return the arguments of docker.RemoteImageBuildArgs."""
        builder, source = settings.builder, self.source
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
            "label": image_labels(settings.service, source.version, source.commit, source.created, builder.source_url),
            # Without a named builder the provider writes no log (kreuzwerker/docker, `build_log_file`).
            "builder": "default",
            "build_log_file": str(context.log),
        }

    def _provider(self, name: str, settings: Settings, opts: pulumi.ResourceOptions) -> "docker.Provider":
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


def _fingerprint(arguments: dict[str, Any]) -> str:
    """Return a hash that changes with every argument of the build."""
    return hashlib.sha256(json.dumps(arguments, sort_keys=True).encode()).hexdigest()[:16]


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
