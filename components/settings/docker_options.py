"""Options of `docker run`."""

import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, WithJsonSchema

from .values import STR_SCHEMA, Str, coerce_str, format_value

# Options that the deploy sets itself, and the setting to use instead.
RESERVED_OPTIONS = {
    "name": "containers are named after service, role and version",
    "detach": "containers always run detached",
    "env": "use env.clear",
    "env-file": "use env.secret",
    "label": "use labels",
    "net": "apps and kamal-proxy share the network kamal",
    "network": "apps and kamal-proxy share the network kamal",
    "pull": "images are always pulled by digest before they run",
    "rm": "old containers are kept for rollbacks (see retain_containers)",
    "cidfile": "the deploy uses it itself",
}


LOG_MAX_SIZE = "10m"
"""The size at which Docker rotates a container's log, unless the options say otherwise: it would grow without end."""

RESTART_POLICIES = r"no|always|unless-stopped|on-failure(:[0-9]+)?"


def _check_restart(options: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Return options whose `restart` is a policy that Docker has.

    Raises:
        ValueError: It is not.
    """
    policies = options.get("restart", ("no",))
    if len(policies) != 1 or not re.fullmatch(RESTART_POLICIES, policies[0]):
        found = format_value(", ".join(policies))
        raise ValueError(f"restart must be no, always, unless-stopped or on-failure[:N], not {found}")
    return options


def with_bounded_log(options: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Return options with a size at which Docker rotates the container's log, unless they say something of the log."""
    bounded = {} if options.keys() & {"log-driver", "log-opt"} else {"log-opt": (f"max-size={LOG_MAX_SIZE}",)}
    return {**options, **bounded}


def takes_host_port(published: str) -> bool:
    """Return whether a value of `--publish` can be given to one container at a time.

    `8080:80` takes the host's port 8080. With `80` and `8000-8010:80`, Docker chooses a free port.
    """
    if "=" in published:
        return "published=" in published
    host, _, container_port = published.rpartition(":")
    host_port = host.rpartition(":")[2]
    return host_port not in ("", "0") and ("-" not in host_port or "-" in container_port)


def _check_form(value: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9-]+", value):
        raise ValueError("is not a long option name of `docker run` without its dashes, such as memory")
    return value


def _check_option_name(value: str) -> str:
    if _check_form(value) in RESERVED_OPTIONS:
        raise ValueError(f"cannot be set: {RESERVED_OPTIONS[value]}")
    return value


def _check_proxy_option_name(value: str) -> str:
    # kamal-proxy's container has no other setting for them.
    return value if value in ("env", "label") else _check_option_name(value)


def _coerce_values(value: Any) -> Any:
    """Turn each option's value into a tuple: one string for each time the option is passed."""
    if not isinstance(value, Mapping):
        return value
    return {
        name: tuple(coerce_str(item) for item in given) if isinstance(given, list | tuple) else (coerce_str(given),)
        for name, given in value.items()
    }


_SCHEMA = WithJsonSchema(
    {"type": "object", "additionalProperties": {"anyOf": [STR_SCHEMA, {"type": "array", "items": STR_SCHEMA}]}}
)

DockerOptions = Annotated[
    dict[Annotated[str, AfterValidator(_check_option_name)], tuple[Str, ...]],
    BeforeValidator(_coerce_values),
    AfterValidator(_check_restart),
    _SCHEMA,
]
ProxyOptions = Annotated[
    dict[Annotated[str, AfterValidator(_check_proxy_option_name)], tuple[Str, ...]],
    BeforeValidator(_coerce_values),
    _SCHEMA,
]
