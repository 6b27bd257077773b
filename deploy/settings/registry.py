"""`registry`: where the image is pushed to and pulled from."""

import re
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from deploy.settings.section import SecretName, Section


def _server(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9.-]+(:\d{1,5})?", value):
        raise ValueError(f'should be a host name with or without a port (ghcr.io, 10.0.0.5:5000), found "{value}"')
    return value


def _name_or_secret(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


class Registry(Section):
    """The registry and the login to it."""

    server: Annotated[str, AfterValidator(_server)] = Field(
        "docker.io", description="Host name of the registry, with its port if it has one."
    )
    username: Annotated[str | tuple[str], BeforeValidator(_name_or_secret)] | None = Field(
        None, description="The user, or a list with the name of a secret. Without it nobody logs in."
    )
    password: SecretName | None = Field(
        None, description="A list with the name of the secret that is the password: `[KAMAL_REGISTRY_PASSWORD]`."
    )

    @model_validator(mode="after")
    def _both_or_none(self) -> Self:
        if (self.username is None) != (self.password is None):
            raise ValueError("needs username and password, or neither of them")
        return self
