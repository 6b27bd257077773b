"""`hooks`: the user's own steps, and where they run."""

import difflib
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, field_validator

from .section import Count, EnvName, Section

# Kamal's names, in the order in which a deploy reaches them.
HOOKS = (
    "pre-connect",
    "docker-setup",
    "pre-build",
    "pre-deploy",
    "pre-app-boot",
    "post-app-boot",
    "post-deploy",
)

# These come before any host is reached, or serve the build.
DEPLOYER_HOOKS = ("pre-connect", "pre-build")


def unknown_hook(name: str) -> str | None:
    """What is wrong with `name`, if no hook is called so."""
    if name in HOOKS:
        return None
    near = difflib.get_close_matches(name, HOOKS, n=1)
    return "is no hook; " + (f"did you mean {near[0]}?" if near else f"there are {', '.join(HOOKS)}")


def _hook(name: str) -> str:
    if fault := unknown_hook(name):
        raise ValueError(fault)
    return name


HookName = Annotated[str, AfterValidator(_hook)]


class Hooks(Section):
    """Executables, named after the point of the deploy at which they run."""

    path: str = Field("hooks", description="The folder with the hooks, relative to the project's folder.")
    run_on: dict[HookName, Literal["primary", "each", "deployer"]] = Field(
        {},
        description="Where a hook runs: on the `primary` host (the default), on `each` host, or on the `deployer`. "
        "pre-connect and pre-build always run on the deployer.",
    )
    secrets: dict[HookName, tuple[EnvName, ...]] = Field(
        {}, description="By hook, names of the secrets that it is given."
    )
    timeout: Count = Field(600, description="Seconds that a hook may take.")

    @field_validator("run_on")
    @classmethod
    def _deployer_only(cls, value: dict[str, str]) -> dict[str, str]:
        for name in DEPLOYER_HOOKS:
            if value.get(name, "deployer") != "deployer":
                raise ValueError(f"has {name} on a host: it always runs on the deployer")
        return value

    def place(self, name: str) -> str:
        """Where hook `name` runs: "primary", "each" or "deployer"."""
        return "deployer" if name in DEPLOYER_HOOKS else self.run_on.get(name, "primary")
