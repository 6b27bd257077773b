"""`builder.cache`: where the steps of a build are kept for the next one."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from .model import SettingsModel
from .values import Str, format_value

GHA_FROM = ("url", "url_v2", "token", "scope", "timeout")
"""The options of a cache of GitHub Actions that reading takes."""


def _check_options(value: str) -> str:
    if value and not re.fullmatch(r"[^=,\s]+=[^,\s]+(,[^=,\s]+=[^,\s]+)*", value):
        raise ValueError(f"must look like mode=max,compression=zstd, not {format_value(value)}")
    return value


class CacheSettings(SettingsModel):
    """Build caches: Kamal's `type`, `options` and `image`, or `from` and `to` as `docker buildx build` takes them."""

    type: Literal["registry", "gha"] | None = Field(
        default=None, description="`registry`, or `gha` for the cache of GitHub Actions. Needs buildx."
    )
    options: Annotated[Str, AfterValidator(_check_options)] = Field(
        default="", description="Options of `type` for writing, such as `mode=max`."
    )
    image: str | None = Field(
        default=None,
        description="Repository for `type: registry`, in the app's registry. Default: the app's image with `-build-cache` at its end.",
    )
    from_: tuple[str, ...] = Field(default=(), alias="from", description="Values of `--cache-from`.")
    to: tuple[str, ...] = Field(default=(), description="Values of `--cache-to`.")

    def reads(self, server: str, image: str) -> tuple[str, ...]:
        """Return the values of `--cache-from`.

        Args:
            server: The registry's host name.
            image: The app's repository in it.
        """
        if self.type == "gha":
            options = [option for option in self.options.split(",") if option.partition("=")[0] in GHA_FROM]
            return (*self.from_, ",".join(("type=gha", *options)))
        return (*self.from_, f"type=registry,{self._ref(server, image)}") if self.type else self.from_

    def writes(self, server: str, image: str) -> tuple[str, ...]:
        """Return the values of `--cache-to`; see `reads`."""
        options = [self.options] if self.options else []
        if self.type == "gha":
            return (*self.to, ",".join(("type=gha", *options)))
        return (*self.to, ",".join(("type=registry", self._ref(server, image), *options))) if self.type else self.to

    def _ref(self, server: str, image: str) -> str:
        return f"ref={server}/{self.image or f'{image}-build-cache'}"
