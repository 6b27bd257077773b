"""What every section of the settings has in common, and the types that more than one of them uses."""

import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
ENV_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*")


class Section(BaseModel):
    """A section of the settings: frozen, and an unknown key is a fault."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


def _text(value: Any) -> Any:
    """YAML reads `true`, `8080` and `1.5` as what they are; where text is wanted, they are text."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else value


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
    if isinstance(value, str):
        raise ValueError(
            "is in clear. Put it among the secrets (pulumi config set --secret --path 'secrets.NAME') "
            "and give its name as a list: [NAME]"
        )
    if not isinstance(value, list) or len(value) != 1 or not isinstance(value[0], str):
        raise ValueError("should be a list with the name of one secret: [NAME]")
    return value[0]


def _host(value: str) -> str:
    if len(value) > 253 or not HOST.fullmatch(value):
        raise ValueError(f'should be a host name or an IP address, found "{value}"')
    return value


def _options(value: Any) -> Any:
    """Options of `docker run`: a name may be given several times (a list), or without value (true)."""
    if not isinstance(value, Mapping):
        return value
    return {
        name: tuple(_text(item) for item in (given if isinstance(given, list | tuple) else [given]))
        for name, given in value.items()
    }


def _option_names(value: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    for name in value:
        if not re.fullmatch(r"[a-z][a-z0-9-]*", name):
            raise ValueError(f'should have the long names of `docker run` options, without dashes: found "{name}"')
        if name in RESERVED_OPTIONS:
            raise ValueError(f'cannot set "{name}": {RESERVED_OPTIONS[name]}')
    return value


# Options that the deploy sets itself, and where a user sets what is meant.
RESERVED_OPTIONS = {
    "name": "containers are named after service, role and version",
    "detach": "containers always run detached",
    "env": "use env.clear",
    "env-file": "use env.secret",
    "label": "use labels",
    "network": "apps and kamal-proxy share the network kamal",
    "rm": "old containers are kept for a rollback (retain_containers)",
    "cidfile": "the deploy needs it itself",
}

Text = Annotated[str, BeforeValidator(_text)]
Switch = Annotated[bool, BeforeValidator(_switch), Field(strict=True)]
Seconds = Annotated[int, BeforeValidator(_number), Field(strict=True, ge=0, le=86400)]
Port = Annotated[int, BeforeValidator(_number), Field(strict=True, ge=1, le=65535)]
Count = Annotated[int, BeforeValidator(_number), Field(strict=True, ge=1)]
SecretName = Annotated[str, BeforeValidator(_secret_name)]
HostName = Annotated[str, AfterValidator(_host)]
Options = Annotated[dict[str, tuple[Text, ...]], BeforeValidator(_options), AfterValidator(_option_names)]
