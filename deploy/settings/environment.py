"""`env`: the environment of the containers, clear and secret."""

from typing import Any

from pydantic import Field, field_validator, model_validator

from deploy.settings.section import ENV_NAME, Section, Text

PARTS = {"clear", "secret"}


class Environment(Section):
    """Variables of the containers. Given as a flat map, all of them are clear."""

    clear: dict[str, Text] = Field({}, description="Variables with values that anybody may read.")
    secret: dict[str, str] = Field(
        {},
        description="Names of secrets that become variables. `NAME:KEY` gives the secret KEY to the variable NAME.",
    )

    @model_validator(mode="before")
    @classmethod
    def _flat_is_clear(cls, value: Any) -> Any:
        if not isinstance(value, dict) or not value or set(value) <= PARTS:
            return value
        if set(value) & PARTS:
            others = ", ".join(sorted(set(value) - PARTS))
            raise ValueError(f"mixes clear and secret with variables: move {others} into clear")
        return {"clear": value}

    @field_validator("secret", mode="before")
    @classmethod
    def _by_variable(cls, value: Any) -> Any:
        if not isinstance(value, list):
            return value
        pairs = [str(entry).partition(":") for entry in value]
        return {name: key or name for name, _, key in pairs}

    @field_validator("clear", "secret")
    @classmethod
    def _names(cls, value: dict[str, str]) -> dict[str, str]:
        for name in value:
            if not ENV_NAME.fullmatch(name):
                raise ValueError(f'has "{name}", which is no name of a variable: letters, digits and _ only')
            if name.startswith("KAMAL_"):
                raise ValueError(f'has "{name}": names with KAMAL_ are given by the deploy itself')
        return value

    @model_validator(mode="after")
    def _disjoint(self) -> "Environment":
        both = sorted(set(self.clear) & set(self.secret))
        if both:
            raise ValueError(f"has {', '.join(both)} both in clear and in secret")
        return self

    def merged(self, over: "Environment") -> "Environment":
        """The environment with `over` put over it: the way a role's variables extend the app's."""
        clear = {**self.clear, **over.clear}
        secret = {**self.secret, **over.secret}
        return Environment(
            clear={name: value for name, value in clear.items() if name not in over.secret},
            secret={name: key for name, key in secret.items() if name not in over.clear},
        )
