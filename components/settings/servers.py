"""`servers`: which hosts run what."""

import re
import shlex
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, field_validator, model_validator

from .environment import Environment
from .section import HostName, Options, Seconds, Section, Text, shown

RESTARTS = r"no|always|unless-stopped|on-failure(:[0-9]+)?"
RESERVED_LABELS = ("service", "role", "destination", "version", "release")


def words(value: Any) -> Any:
    """A command as a list of words; a text is split as a shell would."""
    if not isinstance(value, str):
        return value
    try:
        return shlex.split(value)
    except ValueError as error:
        raise ValueError(f"cannot be split into words ({error}): {value}") from None


def _label(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._/-]*", name):
        raise ValueError("is no name of a label: letters, digits and . _ / - only")
    if name in RESERVED_LABELS:
        raise ValueError("cannot be set: the deploy sets it itself")
    return name


def _own_proxy(value: Any) -> bool | dict[str, Any] | None:
    """A switch, or a map that is checked once it is over the app's `proxy`."""
    value = {"true": True, "false": False}.get(value, value) if isinstance(value, str) else value
    if value is not None and not isinstance(value, bool | dict):
        raise ValueError(f"should be true, false or a map, found {shown(value)}")
    if isinstance(value, dict) and "run" in value:
        raise ValueError("has run, which is about the whole host: set it in the app's proxy.run")
    return value


Cmd = Annotated[tuple[Text, ...], BeforeValidator(words)]
LabelName = Annotated[str, AfterValidator(_label)]


class Servers(Section):
    """One role: its hosts, and how its containers differ from other roles'."""

    hosts: tuple[HostName, ...] = Field(description="The hosts that run the role.")
    cmd: Cmd = Field((), description="The command, instead of the image's: a text or a list of words.")
    env: Environment = Field(Environment(), description="Variables over those of the app.")
    labels: dict[LabelName, Text] = Field({}, description="Further labels of the containers.")
    options: Options = Field({}, description="Further options of `docker run`, as `memory: 512m`.")
    proxy: Annotated[bool | dict[str, Any] | None, PlainValidator(_own_proxy)] = Field(
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
        if isinstance(value, list | tuple):
            return {"hosts": value}
        if not isinstance(value, dict | Servers):
            raise ValueError(f"should be a list of hosts, or a map with hosts, found {shown(value)}")
        return value

    @field_validator("hosts")
    @classmethod
    def _some_once(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value:
            raise ValueError("is empty: a role needs at least one host")
        names = [host.lower() for host in value]
        twice = sorted({host for host in names if names.count(host) > 1})
        if twice:
            raise ValueError(f"has {', '.join(twice)} more than once")
        return value

    @field_validator("options")
    @classmethod
    def _known_restart(cls, value: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        policies = value.get("restart", ("no",))
        if len(policies) != 1 or not re.fullmatch(RESTARTS, policies[0]):
            found = shown(", ".join(policies))
            raise ValueError(f"has restart {found}: it should be no, always, unless-stopped or on-failure[:N]")
        return value
