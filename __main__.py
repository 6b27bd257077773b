"""Kamal's deploy, top to bottom: settings, version, image, hosts, release, outputs."""

from pathlib import Path

import pulumi

from components.app_image import AppImage
from components.connection import targets
from components.deployment import Deployment
from components.errors import DeployError
from components.hook import Hooks
from components.host import Host
from components.release import Release
from components.source import resolve_source
from components.stack_settings import stack_settings


def deploy() -> None:
    """Declare the deploy of this stack."""
    settings = stack_settings()
    reached = targets(settings)
    source = None if settings.version else resolve_source(Path(settings.builder.context), settings.source)
    version = source.version if source else str(settings.version)

    hooks = Hooks(settings, Deployment(settings, version))
    connected = hooks.run("pre-connect", version)
    hosts = [Host(target, settings, after_hooks=connected) for target in reached]
    prepared = hooks.run("docker-setup", version, hosts, after=[host.prepared for host in hosts])
    image = AppImage(settings, source, after=hooks.run("pre-build", version, after=prepared))
    release = Release(settings, image, hosts, hooks)

    pulumi.export("version", release.version)
    pulumi.export("previous_version", release.previous_version)
    pulumi.export("image", image.reference)
    pulumi.export("digest", image.digest)
    pulumi.export("hosts", release.running)
    pulumi.export("addresses", release.addresses())


try:
    deploy()
except DeployError as error:
    # A fault of the user's is a message, not a traceback.
    raise pulumi.RunError(str(error)) from None
