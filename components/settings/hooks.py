"""`hooks`: the user's own scripts, and where they run."""

import difflib
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, WithJsonSchema, field_validator

from .kamal_keys import KAMAL_HOOK_HINTS
from .model import SettingsModel
from .names import EnvName
from .values import PositiveInt

# Kamal's hooks, in the order in which a deploy runs them.
HOOKS = (
    "pre-connect",
    "docker-setup",
    "pre-build",
    "pre-deploy",
    "pre-app-boot",
    "post-app-boot",
    "post-deploy",
)

# Hooks that run before any host is reached, or that prepare the build.
DEPLOYER_HOOKS = ("pre-connect", "pre-build")

Place = Literal["primary", "each", "deployer"]


def check_hook_name(name: str) -> str:
    """Return the name of a hook.

    Raises:
        ValueError: There is no such hook.
    """
    if name in HOOKS:
        return name
    if name in KAMAL_HOOK_HINTS:
        raise ValueError(KAMAL_HOOK_HINTS[name])
    near = difflib.get_close_matches(name, HOOKS, n=1)
    raise ValueError("is not a hook; " + (f"did you mean {near[0]}?" if near else f"hooks are {', '.join(HOOKS)}"))


HookName = Annotated[str, AfterValidator(check_hook_name), WithJsonSchema({"type": "string", "enum": list(HOOKS)})]


class HooksSettings(SettingsModel):
    """Executable files named after the point of the deploy at which they run."""

    path: str = Field(default="hooks", description="Folder with the hooks. Relative to the Pulumi project's folder.")
    run_on: dict[HookName, Place] = Field(
        default={},
        description="Where each hook runs: on the `primary` host (default), on `each` host, or on the `deployer`. "
        "`pre-connect` and `pre-build` always run on the deployer.",
    )
    secrets: dict[HookName, tuple[EnvName, ...]] = Field(
        default={}, description="Names of the secrets that each hook gets as environment variables."
    )
    timeout: PositiveInt = Field(default=600, description="Time limit of a hook in seconds.")

    @field_validator("run_on")
    @classmethod
    def _check_deployer_hooks(cls, value: dict[str, Place]) -> dict[str, Place]:
        for name in DEPLOYER_HOOKS:
            if value.get(name, "deployer") != "deployer":
                raise ValueError(f"puts {name} on a host, but it always runs on the deployer")
        return value

    def place(self, name: str) -> Place:
        """Return where a hook runs."""
        return "deployer" if name in DEPLOYER_HOOKS else self.run_on.get(name, "primary")
