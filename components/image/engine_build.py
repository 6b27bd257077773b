"""A build by the Docker engine of the deployer, through the docker provider: one platform, the engine's own cache."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_docker as docker

from ..command import pulumi_secret
from ..naming import BUILD_LABEL, content_hash
from ..resource_options import child_of
from ..settings import Settings
from ..source import Source
from .build_context import BuildContext
from .published_image import PublishedImage

FORMERLY = "kamal:index:AppImage"
"""The component that the image's resources were part of in the first release."""


@dataclass(frozen=True)
class EngineBuild:
    """Declares a build and a push by the Docker engine.

    Attributes:
        docker_host: The engine's address.
    """

    docker_host: str
    # The provider has the login.
    needs_login = False

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
        """Declare the build and the push; see `SourceBuild.publish`."""
        arguments = _build_arguments(settings, source, context, labels)
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
            name=f"{settings.repository}:{source.version}",
            build=docker.RemoteImageBuildArgs(**arguments),
            # The local image is the build cache, and a container may use it.
            keep_locally=True,
            opts=options("docker:index/remoteImage:RemoteImage", depends_on, context.hooks(name)),
        )
        pushed = docker.RegistryImage(
            name,
            name=image.name,
            # The same tag built with other arguments is another image, and has to be pushed again.
            triggers={"build": content_hash([arguments, str(source.folder)])},
            # An older version in the registry is what a rollback runs.
            keep_remotely=True,
            opts=options("docker:index/registryImage:RegistryImage", [image], _push_hooks(name, settings)),
        )
        # The tag is known; taking it from the pushed image makes whatever uses it wait for the push.
        return PublishedImage(
            pushed.name.apply(lambda _: source.version), pushed.sha256_digest, labels.get(BUILD_LABEL, "")
        )

    def _provider(self, name: str, settings: Settings, opts: pulumi.ResourceOptions) -> docker.Provider:
        server, login = settings.registry.server, settings.registry_login
        if login:
            auth = docker.ProviderRegistryAuthArgs(
                address=server, username=pulumi_secret(login.username), password=pulumi_secret(login.password)
            )
        else:
            auth = docker.ProviderRegistryAuthArgs(address=server, auth_disabled=True)
        return docker.Provider(name, host=self.docker_host, registry_auth=[auth], opts=opts)


def _build_arguments(
    settings: Settings, source: Source, context: BuildContext, labels: Mapping[str, str]
) -> dict[str, Any]:
    """Return the arguments of docker.RemoteImageBuildArgs."""
    builder = settings.builder
    arguments: dict[str, Any] = {
        "context": str(context.folder),
        "dockerfile": builder.dockerfile,
        "target": builder.target,
        "build_args": {**builder.args, "KAMAL_VERSION": source.version},
        "platform": builder.platforms[0] if builder.platforms else None,
        "cache_froms": list(builder.cache.from_) or None,
        "cache_tos": list(builder.cache.to) or None,
        "no_cache": builder.no_cache,
        # `labels` is for the classic builder; BuildKit takes `label`.
        "label": dict(labels),
        # Without a named builder the provider writes no log (kreuzwerker/docker, `build_log_file`).
        "builder": "default",
        "build_log_file": str(context.log),
    }
    if builder.secrets:
        arguments["secrets"] = [
            {"id": name, "src": str(context.private / "secrets" / name)} for name in builder.secrets
        ]
    return arguments


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
