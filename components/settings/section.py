"""What every section of the settings has in common, and the types that more than one of them uses."""

import ipaddress
import json
import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
ENV_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,31}")
SERVER = re.compile(r"(?P<host>[A-Za-z0-9.-]+)(:(?P<port>\d{1,5}))?")


class Section(BaseModel):
    """A section of the settings: frozen, and an unknown key is a fault."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


def shown(value: Any) -> str:
    """A value that was found, as the stack's file would have it; the end of a long one is left out."""
    if value is None:
        return "nothing"
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else text[:57] + "…"


def text(value: Any) -> Any:
    """YAML reads `true`, `8080` and `1.5` as what they are; where text is wanted, they are text."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else value


def without_nul(value: str) -> str:
    """`value`, which an environment, an argument and a file's name can hold."""
    if "\0" in value:
        raise ValueError("holds a NUL character, which no environment and no argument can")
    return value


def _number(value: Any) -> Any:
    """`pulumi config set` keeps a number as text."""
    return int(value) if isinstance(value, str) and re.fullmatch(r"\d{1,9}", value) else value


def _switch(value: Any) -> Any:
    """`pulumi config set` keeps `true` as text."""
    return {"true": True, "false": False}.get(value, value) if isinstance(value, str) else value


def _secret_name(value: Any) -> Any:
    """Kamal's way to name a secret is a list of one name; a plain text would be the secret itself."""
    if value is None:
        return None
    if isinstance(value, str) and value:
        raise ValueError(
            "is in clear. Put it among the secrets (pulumi config set --secret --path 'secrets.NAME') "
            "and give its name as a list: [NAME]"
        )
    if not isinstance(value, list | tuple) or len(value) != 1 or not isinstance(value[0], str):
        raise ValueError("should be a list with the name of one secret: [NAME]")
    return value[0]


def is_host(value: str) -> bool:
    """Whether `value` is an IP address or a host name; what has only digits and dots can be an address alone."""
    if ":" in value or not value.strip("0123456789."):
        try:
            ipaddress.ip_address(value)
        except ValueError:
            return False
        return "%" not in value
    return len(value) <= 253 and all(LABEL.fullmatch(label) for label in value.split("."))


def is_server(value: str) -> bool:
    """Whether `value` is a host with or without a port."""
    found = SERVER.fullmatch(value)
    return found is not None and is_host(found["host"]) and 1 <= int(found["port"] or 1) <= 65535


def _host(value: str) -> str:
    if is_host(value):
        return value
    user, _, rest = value.rpartition("@")
    hint = "; its user goes into ssh.users" if user and is_host(rest) else ""
    hint = hint or ("; its port goes into ssh.ports" if is_server(value) else "")
    raise ValueError(f"should be a host name or an IP address, found {shown(value)}{hint}")


def _no_tags(value: Any) -> Any:
    """Kamal writes a host with tags as a map."""
    if isinstance(value, Mapping):
        raise ValueError("has tags, which are not supported yet: use roles")
    return value


def _user(value: str) -> str:
    if not USER.fullmatch(value):
        raise ValueError(f"should be the name of a user, found {shown(value)}")
    return value


def _env_name(value: str) -> str:
    if not ENV_NAME.fullmatch(value):
        raise ValueError("is no name of a variable: letters, digits and _ only, no digit in front")
    return value


def _own_env_name(value: str) -> str:
    if value.startswith("KAMAL_"):
        raise ValueError("cannot be set: names with KAMAL_ are given by the deploy itself")
    return _env_name(value)


def _options(value: Any) -> Any:
    """Options of `docker run`: a name may be given several times (a list), or without value (true)."""
    if not isinstance(value, Mapping):
        return value
    return {
        name: tuple(text(item) for item in given) if isinstance(given, list | tuple) else (text(given),)
        for name, given in value.items()
    }


def _option_name(value: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9-]+", value):
        raise ValueError("is no long name of a `docker run` option, without its dashes, as memory")
    if value in RESERVED_OPTIONS:
        raise ValueError(f"cannot be set: {RESERVED_OPTIONS[value]}")
    return value


# Options that the deploy sets itself, and where a user sets what is meant.
RESERVED_OPTIONS = {
    "name": "containers are named after service, role and version",
    "detach": "containers always run detached",
    "env": "use env.clear",
    "env-file": "use env.secret",
    "label": "use labels",
    "net": "apps and kamal-proxy share the network kamal",
    "network": "apps and kamal-proxy share the network kamal",
    "pull": "images are pulled by their digest beforehand",
    "rm": "old containers are kept for a rollback (retain_containers)",
    "cidfile": "the deploy needs it itself",
}

Text = Annotated[str, BeforeValidator(text), AfterValidator(without_nul)]
Switch = Annotated[bool, BeforeValidator(_switch), Field(strict=True)]
Seconds = Annotated[int, BeforeValidator(_number), Field(strict=True, ge=0, le=86400)]
Port = Annotated[int, BeforeValidator(_number), Field(strict=True, ge=1, le=65535)]
Count = Annotated[int, BeforeValidator(_number), Field(strict=True, ge=1)]
SecretName = Annotated[str, BeforeValidator(_secret_name)]
HostName = Annotated[str, BeforeValidator(_no_tags), AfterValidator(_host)]
UserName = Annotated[str, AfterValidator(_user)]
EnvName = Annotated[str, AfterValidator(_env_name)]
OwnEnvName = Annotated[str, AfterValidator(_own_env_name)]
Options = Annotated[dict[Annotated[str, AfterValidator(_option_name)], tuple[Text, ...]], BeforeValidator(_options)]
