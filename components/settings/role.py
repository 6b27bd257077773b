"""`servers`: the roles, their hosts, and how their containers differ."""

import re
import shlex
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainValidator,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from .assets import AssetPath
from .docker_options import DockerOptions
from .env import Variables, VariablesSettings
from .hosts import HostName, canonical_host, split_tags
from .logging import LoggingSettings
from .model import SettingsModel
from .names import HostTag, RoleName
from .proxy import ProxySettings
from .values import STR_SCHEMA, Bool, Seconds, Str, coerce_bool, format_value
from .volumes import Volume

RESERVED_LABELS = ("service", "role", "destination", "version", "release")

Strategy = Literal["start-first", "stop-first"]


def _split_words(value: Any) -> Any:
    """Split a string into words as a shell would."""
    if not isinstance(value, str):
        return value
    try:
        return shlex.split(value)
    except ValueError as error:
        raise ValueError(f"cannot be split into words ({error}): {value}") from None


def _check_label(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._/-]*", name):
        raise ValueError("is not a valid name for a label; use letters, digits and . _ / -")
    if name in RESERVED_LABELS:
        raise ValueError("cannot be set: the deploy sets this label itself")
    return name


def _validate_role_proxy(value: Any) -> bool | ProxySettings | None:
    value = coerce_bool(value)
    if value is None or isinstance(value, bool):
        return value
    if not isinstance(value, dict | ProxySettings):
        raise ValueError(f"must be true, false or a mapping, not {format_value(value)}")
    # The keys that are set, whether the mapping is from a stack's config or a program has made the settings.
    if "run" in (value if isinstance(value, dict) else value.model_fields_set):
        raise ValueError("has run, which applies to the whole host; set it in the app's proxy.run")
    return ProxySettings.model_validate(value)


Cmd = Annotated[
    tuple[Str, ...],
    BeforeValidator(_split_words),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": STR_SCHEMA}]}),
]
# What `hosts` of a role may hold, as JSON: `split_tags` takes it apart.
TAGGED_HOST_SCHEMA: dict[str, Any] = {
    "anyOf": [
        {"type": "string"},
        {
            "type": "object",
            "minProperties": 1,
            "maxProperties": 1,
            "additionalProperties": {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
        },
    ]
}
TaggedHosts = Annotated[tuple[HostName, ...], WithJsonSchema({"type": "array", "items": TAGGED_HOST_SCHEMA})]
LabelName = Annotated[str, AfterValidator(_check_label)]
RoleProxy = Annotated[
    bool | ProxySettings | None,
    PlainValidator(_validate_role_proxy, json_schema_input_type=Bool | ProxySettings | None),
]


class RoleSettings(SettingsModel):
    """A role as configured: its hosts, and how its containers differ from those of other roles."""

    hosts: TaggedHosts = Field(
        description="Hosts that run the role. `HOST: TAG` or `HOST: [TAG, …]` gives a host tags, which `env.tags` and "
        "accessories refer to."
    )
    tags: dict[HostName, tuple[HostTag, ...]] = Field(
        default={}, description="Tags by host; another way to write those in `hosts`."
    )
    cmd: Cmd = Field(default=(), description="Command to run in place of the image's: a string or a list of words.")
    env: Variables = Field(
        default=VariablesSettings(), description="Environment variables of the role, on top of the app's `env`."
    )
    labels: dict[LabelName, Str] = Field(
        default={}, description="Additional labels of the containers, on top of the app's `labels`."
    )
    volumes: tuple[Volume, ...] = Field(
        default=(), description="Volumes of the role's containers, beside the app's `volumes`."
    )
    logging: LoggingSettings = Field(
        default=LoggingSettings(), description="Log driver and its options, on top of the app's `logging`."
    )
    options: DockerOptions = Field(
        default={},
        description="Additional options of `docker run`, such as `memory: 512m`. "
        "Only a `stop-first` role can `publish` a fixed port of the host.",
    )
    asset_path: AssetPath | None = Field(
        default=None, description="The role's own `asset_path`; an empty list for none. Default: the app's."
    )
    proxy: RoleProxy = Field(
        default=None,
        description="Whether kamal-proxy routes requests to the role, or settings on top of the app's `proxy`. "
        "Default: only the primary role gets requests.",
    )
    strategy: Strategy = Field(
        default="start-first",
        description="For a role without proxy: whether the new container starts before the old one stops, "
        "or after it (`stop-first`).",
    )
    stop_timeout: Seconds | None = Field(
        default=None, description="Seconds that a container has to stop. Default: the app's `stop_timeout`."
    )

    @model_validator(mode="before")
    @classmethod
    def _split_tags(cls, value: Any) -> Any:
        if not isinstance(value, dict) or "hosts" not in value:
            return value
        hosts, tags = split_tags(value["hosts"])
        given = value.get("tags", {})
        if not tags or not isinstance(given, dict):
            return {**value, "hosts": hosts}
        return {**value, "hosts": hosts, "tags": {**given, **tags}}

    @field_validator("hosts")
    @classmethod
    def _check_hosts(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        names = [canonical_host(host) for host in value]
        if repeated := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"contains {', '.join(repeated)} more than once")
        return value

    @model_validator(mode="after")
    def _check_tags(self) -> Self:
        if unknown := sorted(self.tags.keys() - set(self.hosts)):
            raise ValueError(f"has tags of {', '.join(unknown)}, which is not in hosts")
        if getattr(self.env, "tags", {}):
            raise ValueError("has env.tags, which is only possible in the app's env")
        return self


def _coerce_role(value: Any) -> Any:
    """Turn a list of hosts into a role with these hosts."""
    if isinstance(value, list | tuple):
        return {"hosts": value}
    if not isinstance(value, dict | RoleSettings):
        raise ValueError(f"must be a list of hosts or a mapping with hosts, not {format_value(value)}")
    return value


def _coerce_roles(value: Any) -> Any:
    """Turn a list of hosts into the role web with these hosts."""
    if isinstance(value, list | tuple):
        return {"web": value}
    if not isinstance(value, dict):
        raise ValueError(f"must be a list of hosts or a mapping of roles, not {format_value(value)}")
    return value


RoleOrHosts = Annotated[RoleSettings, BeforeValidator(_coerce_role, json_schema_input_type=RoleSettings | TaggedHosts)]
RolesOrHosts = Annotated[
    dict[RoleName, RoleOrHosts],
    BeforeValidator(_coerce_roles, json_schema_input_type=dict[RoleName, RoleOrHosts] | TaggedHosts),
]
