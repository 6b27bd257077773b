"""`logging`: the log driver of the containers, and its options."""

import re
from collections.abc import Iterator
from typing import Annotated

from pydantic import AfterValidator, Field

from .model import SettingsModel
from .values import Str, format_value


def _check_driver(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._/:-]*", value):
        raise ValueError(f"must be the name of a log driver of Docker, such as local, not {format_value(value)}")
    return value


def _check_option(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name):
        raise ValueError("is not a valid name for an option of a log driver, such as max-size")
    return name


class LoggingSettings(SettingsModel):
    """Docker's log driver and its options. Without either, Docker keeps 10 MB of each container's log."""

    driver: Annotated[Str, AfterValidator(_check_driver)] | None = Field(
        default=None, description="Log driver, such as `journald`. Default: the Docker engine's own."
    )
    options: dict[Annotated[str, AfterValidator(_check_option)], Str] = Field(
        default={}, description="Options of the log driver, such as `max-size: 100m`."
    )

    def merged(self, own: "LoggingSettings") -> "LoggingSettings":
        """Return these settings with those of a role on top, as Kamal merges them."""
        return LoggingSettings(driver=own.driver or self.driver, options={**self.options, **own.options})

    def docker_options(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Yield the options of `docker run`, with a value for each time the option is passed."""
        if self.driver:
            yield "log-driver", (self.driver,)
        if self.options:
            yield "log-opt", tuple(f"{name}={value}" for name, value in self.options.items())
