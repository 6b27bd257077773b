"""`builder`: how the image is built."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from .section import OwnEnvName, Section, Switch, Text, shown


def _platform(value: str) -> str:
    if not re.fullmatch(r"[a-z0-9]+/[a-z0-9_]+(/[a-z0-9]+)?", value):
        raise ValueError(f"should have the form linux/amd64, found {shown(value)}")
    return value


class Cache(Section):
    """Where the build takes its cache from and keeps it, in the words of `docker buildx build`."""

    from_: tuple[str, ...] = Field((), alias="from", description="`--cache-from`: images or cache specifications.")
    to: tuple[str, ...] = Field((), description="`--cache-to`: cache specifications.")


class Builder(Section):
    """The build of the image."""

    context: str = Field(
        ".", description="The build context: a folder in a Git repository, relative to the project's folder."
    )
    dockerfile: str = Field("Dockerfile", description="The Dockerfile, relative to the context.")
    target: str | None = Field(None, description="The stage to build; by default the last.")
    args: dict[OwnEnvName, Text] = Field({}, description="Build arguments. KAMAL_VERSION is always given.")
    platform: Annotated[str, AfterValidator(_platform)] | None = Field(
        None, description="The platform to build for, as linux/amd64; by default the Docker engine's own."
    )
    cache: Cache = Field(Cache(), description="Build caches.")
    no_cache: Switch = Field(False, description="Build every layer anew.")
    source_url: str | None = Field(
        None, description="Where the source is published: the label org.opencontainers.image.source."
    )
