"""Checks of `builder` that involve several settings."""

from collections.abc import Iterator

from .problem import Problem
from .settings import Settings


def check_builder(settings: Settings) -> Iterator[Problem]:
    """Yield settings of the builder that contradict each other."""
    builder, cache = settings.builder, settings.builder.cache
    if builder.arch and builder.platform:
        yield Problem("builder.platform", "is set beside arch; use one of them")
    if not builder.local and not builder.remote:
        yield Problem("builder.local", "is false, and there is no builder.remote to build on")
    if builder.driver == "remote" and (builder.local or not builder.remote):
        yield Problem(
            "builder.driver",
            "remote needs builder.remote, where the BuildKit daemon runs, and builder.local: false, as this machine has none",
        )
    if (cache.options or cache.image) and not cache.type:
        yield Problem("builder.cache.type", "is required for options and image: registry or gha")
    if cache.image and cache.type == "gha":
        yield Problem("builder.cache.image", "is only for type: registry")
    if builder.driver == "docker":
        yield from _check_docker(settings)


def _check_docker(settings: Settings) -> Iterator[Problem]:
    """Yield what the BuildKit inside of a Docker engine cannot do."""
    builder = settings.builder
    remedy = "the Docker engine's own BuildKit cannot do it. Use driver: docker-container"
    if len(builder.platforms) > 1:
        yield Problem("builder.driver", f"is docker, and builder.arch has several architectures; {remedy}")
    if builder.cache.type:
        yield Problem("builder.driver", f"is docker, and builder.cache has a type; {remedy}")
    for key, value in (("provenance", builder.provenance), ("sbom", builder.sbom)):
        if value not in (None, "false"):
            yield Problem("builder.driver", f"is docker, and builder.{key} is {value}; {remedy}")
    if builder.remote and builder.local:
        yield Problem(
            "builder.driver",
            "is docker, which builds in one place. For builder.remote set builder.local: false, or use driver: "
            "docker-container",
        )
