"""The Command that builds and pushes with `docker buildx build`, and what is checked before it is declared."""

import json
import subprocess
from collections.abc import Iterable, Mapping, Sequence

import pulumi

from ...command import local_command
from ...errors import ImageError
from ...naming import BUILD_LABEL
from ...resource_options import child_of
from ...settings import Settings
from ...source import Source
from ..build_context import BuildContext
from ..published_image import PublishedImage
from .diagnosis import NO_BUILDX
from .program import RUNNER, program_text
from .spec import BuildSpec

VERSION_LIMIT = 20
"""Seconds that buildx may take to tell its version."""


class BuildxBuild:
    """Declares a build and a push by buildx."""

    # Docker's command line pushes.
    needs_login = True

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
        """Declare the Command; see `SourceBuild.publish`."""
        options = child_of(parent, depends_on=depends_on)
        options.hooks = context.hooks(name, updates=True)
        command = local_command(
            f"{name}-buildx",
            create=RUNNER,
            stdin=program_text(),
            environment={"BUILD": build_spec(settings, source, context, labels).to_json()},
            # Its output is in the log, which is shown while it grows.
            show_output=False,
            opts=options,
        )
        # A value that is known in a preview, and waits for the Command.
        version = command.urn.apply(lambda _: source.version)
        digest = command.stdout.apply(lambda stdout: str(json.loads(stdout)["digest"]))
        return PublishedImage(version, digest, labels.get(BUILD_LABEL, ""))


def build_spec(settings: Settings, source: Source, context: BuildContext, labels: Mapping[str, str]) -> BuildSpec:
    """Return what the program that builds is told."""
    builder = settings.builder
    server, image = settings.registry.server, settings.image
    return BuildSpec(
        image=f"{settings.repository}:{source.version}",
        context=str(context.folder),
        dockerfile=builder.dockerfile,
        log=str(context.log),
        private=str(context.private),
        labels=dict(labels),
        platforms=list(builder.platforms),
        target=builder.target,
        args={**builder.args, "KAMAL_VERSION": source.version},
        secrets=list(builder.secrets),
        ssh=builder.ssh,
        cache_from=list(builder.cache.reads(server, image)),
        cache_to=list(builder.cache.writes(server, image)),
        no_cache=builder.no_cache,
        provenance=builder.provenance,
        sbom=builder.sbom,
        driver=builder.driver or "docker-container",
        remote=builder.remote,
        local=builder.local,
    )


def check_buildx(needed_by: Sequence[str]) -> None:
    """Check that Docker's command line has buildx here.

    Args:
        needed_by: The settings that need it.

    Raises:
        ImageError: It has not.
    """
    try:
        found = (
            subprocess.run(["docker", "buildx", "version"], capture_output=True, timeout=VERSION_LIMIT).returncode == 0
        )
    except (OSError, subprocess.TimeoutExpired):
        found = False
    if not found:
        raise ImageError(f"{', '.join(needed_by)}: needs buildx. {NO_BUILDX}")
