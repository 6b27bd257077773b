"""`servers`: which hosts run what."""

import re
import shlex
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, field_validator, model_validator

from deploy.settings.environment import Environment
from deploy.settings.section import HostName, Options, Seconds, Section, Text

RESTARTS = r"^(no|always|unless-stopped|on-failure(:\d+)?)$"
RESERVED_LABELS = ("service", "role", "destination", "version", "release")


def words(value: Any) -> Any:
    """A command as a list of words; a text is split as a shell would."""
    if not isinstance(value, str):
        return value
    try:
        return shlex.split(value)
    except ValueError as error:
        raise ValueError(f"cannot be split into words ({error}): {value}") from None


Cmd = Annotated[tuple[str, ...], BeforeValidator(words)]


class Servers(Section):
    """One role: its hosts, and how its containers differ from other roles'."""

    hosts: tuple[HostName, ...] = Field(description="The hosts that run the role.")
    cmd: Cmd = Field((), description="The command, instead of the image's: a text or a list of words.")
    env: Environment = Field(Environment(), description="Variables over those of the app.")
    labels: dict[str, Text] = Field({}, description="Further labels of the containers.")
    options: Options = Field({}, description="Further options of `docker run`, as `memory: 512m`.")
    proxy: bool | dict[str, Any] | None = Field(
        None,
        description="Whether kamal-proxy routes to the role, or settings over those of the app's `proxy`. "
        "By default the primary role alone has it.",
    )
    strategy: Literal["start-first", "stop-first"] = Field(
        "start-first", description="Without proxy: whether the new container starts before the old one stops."
    )
    stop_timeout: Seconds | None = Field(
        None, description="Seconds that a container has to stop; by default the app's `stop_timeout`."
    )

    @model_validator(mode="before")
    @classmethod
    def _list_is_hosts(cls, value: Any) -> Any:
        return {"hosts": value} if isinstance(value, list | tuple) else value

    @field_validator("hosts")
    @classmethod
    def _some_once(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value:
            raise ValueError("is empty: a role needs at least one host")
        twice = sorted({host for host in value if value.count(host) > 1})
        if twice:
            raise ValueError(f"has {', '.join(twice)} more than once")
        return value

    @field_validator("labels")
    @classmethod
    def _free_labels(cls, value: dict[str, str]) -> dict[str, str]:
        taken = sorted(set(value) & set(RESERVED_LABELS))
        if taken:
            raise ValueError(f"cannot set {', '.join(taken)}: the deploy sets it itself")
        return value

    @model_validator(mode="after")
    def _known_restart(self) -> Self:
        for policy in self.options.get("restart", ()):
            if not re.match(RESTARTS, policy):
                raise ValueError(
                    f'options.restart should be no, always, unless-stopped or on-failure[:N], found "{policy}"'
                )
        return self
