"""`registry`: where the image is pushed to and pulled from."""

from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, PlainValidator, model_validator

from .section import SecretName, Section, is_server, shown, text


def _server(value: str) -> str:
    if not is_server(value):
        raise ValueError(f"should be a host name with or without a port (ghcr.io, 10.0.0.5:5000), found {shown(value)}")
    return value


def _name_or_secret(value: Any) -> str | tuple[str]:
    name = text(value)
    if isinstance(name, str) and name:
        return name
    if isinstance(name, list | tuple) and len(name) == 1 and isinstance(name[0], str):
        return (name[0],)
    raise ValueError(f"should be a text, or a list with the name of one secret, found {shown(value)}")


class Registry(Section):
    """The registry and the login to it."""

    server: Annotated[str, AfterValidator(_server)] = Field(
        "docker.io", description="Host name of the registry, with its port if it has one."
    )
    username: Annotated[str | tuple[str], PlainValidator(_name_or_secret)] | None = Field(
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
