"""`env`: the environment of the containers, clear and secret."""

from typing import Any

from pydantic import Field, field_validator, model_validator

from .section import OwnEnvName, Section, Text

# The keys of the structured form. `tags` is Kamal's; it is none of ours, and a fault says so.
PARTS = {"clear", "secret", "tags"}


class Environment(Section):
    """Variables of the containers. Given as a flat map, all of them are clear."""

    clear: dict[OwnEnvName, Text] = Field({}, description="Variables with values that anybody may read.")
    secret: dict[OwnEnvName, str] = Field(
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
        if not isinstance(value, list | tuple) or not all(isinstance(entry, str) for entry in value):
            # What is found may be a secret itself.
            raise ValueError("should be a list of names of secrets")
        pairs = [entry.partition(":") for entry in value]
        names = [name for name, _, _ in pairs]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"has {', '.join(twice)} more than once")
        return {name: key or name for name, _, key in pairs}

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
        return Environment.model_validate(
            {
                "clear": {name: value for name, value in clear.items() if name not in over.secret},
                "secret": [f"{name}:{key}" for name, key in secret.items() if name not in over.clear],
            }
        )
