"""`env`: the environment variables of the containers, clear and secret."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, field_validator, model_validator

from .model import SettingsModel
from .names import HostTag, OwnEnvName, check_own_env_name
from .values import Str

KEYS = {"clear", "secret", "tags"}


def _variable(entry: str) -> str:
    return entry.partition(":")[0]


def _check_secret_variable(entry: str) -> str:
    check_own_env_name(_variable(entry))
    return entry


def _refuse_host_variable(value: str) -> str:
    # Kamal has the shell of the host put its variable there.
    if found := re.search(r"\$\{[^}]*\}", value):
        raise ValueError(
            f"has {found[0]}, a variable of the host in Kamal; here values arrive as they are. Set "
            "the value itself (by host in env.tags), or, where the container needs these characters, store them as a secret (env.secret)"
        )
    return value


ClearValue = Annotated[Str, AfterValidator(_refuse_host_variable)]
SecretVariable = Annotated[str, AfterValidator(_check_secret_variable)]


class VariablesSettings(SettingsModel):
    """Environment variables of the containers. In a mapping without `clear` and `secret`, all variables are clear."""

    clear: dict[OwnEnvName, ClearValue] = Field(
        default={}, description="Variables whose values are not secret. A variable of the host (`${NAME}`) is refused."
    )
    secret: tuple[SecretVariable, ...] = Field(
        default=(),
        description="Names of secrets to pass as variables of the same name. "
        "`VARIABLE:SECRET` passes a secret as a variable of another name.",
    )

    @field_validator("secret", mode="before")
    @classmethod
    def _check_list(cls, value: Any) -> Any:
        if not isinstance(value, list | tuple) or not all(isinstance(entry, str) for entry in value):
            # What is found may be a secret itself, so the message does not show it.
            raise ValueError("must be a list of names of secrets")
        return value

    @field_validator("secret")
    @classmethod
    def _check_variables_differ(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        variables = [_variable(entry) for entry in value]
        if repeated := sorted({variable for variable in variables if variables.count(variable) > 1}):
            raise ValueError(f"contains {', '.join(repeated)} more than once")
        return value

    @model_validator(mode="after")
    def _check_disjoint(self) -> Self:
        if both := sorted(self.clear.keys() & self.secret_names().keys()):
            raise ValueError(f"has {', '.join(both)} in both clear and secret")
        return self

    def secret_names(self) -> dict[str, str]:
        """Return the name of the secret that each secret variable holds."""
        entries = [entry.partition(":") for entry in self.secret]
        return {variable: secret or variable for variable, _, secret in entries}

    def over(self, clear: Mapping[str, str], secret: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
        """Return clear variables, and the names of the secrets in secret ones, with these put over them.

        A variable replaces another one of the same name, be it clear or secret.
        """
        own_clear, own_secret = self.clear, self.secret_names()
        return (
            {name: value for name, value in clear.items() if name not in own_secret} | own_clear,
            {name: value for name, value in secret.items() if name not in own_clear} | own_secret,
        )


def _coerce_flat(value: Any) -> Any:
    """Turn a mapping of variables into the structured form, with all of them clear."""
    if not isinstance(value, dict) or not value or value.keys() <= KEYS:
        return value
    if value.keys() & KEYS:
        others = ", ".join(sorted(value.keys() - KEYS))
        raise ValueError(f"mixes clear and secret with variables; move {others} into clear")
    return {"clear": value}


FlatName = Annotated[OwnEnvName, WithJsonSchema({"type": "string", "not": {"enum": sorted(KEYS)}})]
Variables = Annotated[
    VariablesSettings, BeforeValidator(_coerce_flat, json_schema_input_type=VariablesSettings | dict[FlatName, Str])
]


class EnvSettings(VariablesSettings):
    """Environment variables of the app's containers. In a mapping without `clear`, `secret` and `tags`, all are clear."""

    tags: dict[HostTag, Variables] = Field(
        default={},
        description="Variables by tag, for the containers on hosts that have it. They override those of the app and the role.",
    )


Env = Annotated[EnvSettings, BeforeValidator(_coerce_flat, json_schema_input_type=EnvSettings | dict[FlatName, Str])]
