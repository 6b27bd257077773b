"""`registry`: where the image is pushed to and pulled from."""

from dataclasses import dataclass
from typing import Annotated, Any, Self

from pydantic import Field, PlainValidator, WithJsonSchema, model_validator

from ..secret import Secret
from .hosts import Server
from .model import SettingsModel
from .names import SECRET_NAME_SCHEMA, SecretName
from .values import STR_SCHEMA, coerce_str, format_value


def _check_username(value: Any) -> str | tuple[str]:
    name = coerce_str(value)
    if isinstance(name, str) and name:
        return name
    if isinstance(name, list | tuple) and len(name) == 1 and isinstance(name[0], str):
        return (name[0],)
    raise ValueError(f"must be a string, or a list with the name of one secret, not {format_value(value)}")


Username = Annotated[
    str | tuple[str], PlainValidator(_check_username), WithJsonSchema({"anyOf": [STR_SCHEMA, SECRET_NAME_SCHEMA]})
]


class RegistrySettings(SettingsModel):
    """The image registry and the login to it."""

    server: Server = Field(
        default="docker.io", description="Host name of the registry, with its port if it is not 443."
    )
    username: Username | None = Field(
        default=None, description="User name, or a list with the name of a secret. Default: no login."
    )
    password: SecretName | None = Field(
        default=None,
        description="List with the name of the secret that holds the password: `[KAMAL_REGISTRY_PASSWORD]`.",
    )

    @model_validator(mode="after")
    def _check_both_or_neither(self) -> Self:
        if (self.username is None) != (self.password is None):
            raise ValueError("needs both username and password, or neither of them")
        return self


@dataclass(frozen=True)
class RegistryLogin:
    """The user name and password for the registry."""

    username: Secret
    password: Secret
