"""The stack's Pulumi config as Settings."""

import pulumi
from pulumi.runtime.config import get_config_env, get_config_secret_keys_env

from .project import project_dir
from .settings import Settings, load_settings


def stack_settings(namespace: str) -> Settings:
    """Return the settings of the current stack: every key of its config in a namespace.

    Raises:
        SettingsError: With every problem in one report.
    """
    prefix = f"{namespace}:"
    return load_settings(
        {key.removeprefix(prefix): text for key, text in get_config_env().items() if key.startswith(prefix)},
        stack=pulumi.get_stack(),
        secret_keys=[key.removeprefix(prefix) for key in get_config_secret_keys_env() if key.startswith(prefix)],
        project_dir=project_dir(),
    )
