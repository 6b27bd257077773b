"""`builder`: how the image is built."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from .model import SettingsModel
from .names import OwnEnvName
from .values import Bool, Str, format_value


def _check_platform(value: str) -> str:
    if not re.fullmatch(r"[a-z0-9]+/[a-z0-9_]+(/[a-z0-9]+)?", value):
        raise ValueError(f"must look like linux/amd64, not {format_value(value)}")
    return value


class CacheSettings(SettingsModel):
    """Build caches, as `docker buildx build` takes them."""

    from_: tuple[str, ...] = Field(default=(), alias="from", description="Values of `--cache-from`.")
    to: tuple[str, ...] = Field(default=(), description="Values of `--cache-to`.")


class BuilderSettings(SettingsModel):
    """The build of the image."""

    context: str = Field(
        default=".",
        description="Build context: a folder in a Git repository. Relative to the Pulumi project's folder.",
    )
    dockerfile: str = Field(default="Dockerfile", description="Path of the Dockerfile, relative to the build context.")
    target: str | None = Field(default=None, description="Build stage to stop at. Default: the last one.")
    args: dict[OwnEnvName, Str] = Field(default={}, description="Build arguments. `KAMAL_VERSION` is always set.")
    platform: Annotated[str, AfterValidator(_check_platform)] | None = Field(
        default=None, description="Platform to build for, such as `linux/amd64`. Default: the Docker engine's own."
    )
    cache: CacheSettings = Field(default=CacheSettings(), description="Build caches.")
    no_cache: Bool = Field(default=False, description="Build without using the cache.")
    source_url: str | None = Field(
        default=None, description="URL of the source code, for the image label `org.opencontainers.image.source`."
    )
