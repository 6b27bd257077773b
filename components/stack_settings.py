"""The stack's Pulumi config as Settings."""

from pathlib import Path

import pulumi
from pulumi.runtime.config import get_config_env, get_config_secret_keys_env

from .settings import Settings, load_settings


def stack_settings() -> Settings:
    """The settings of the current stack: every key of the project's own namespace in its Pulumi config.

    :raises SettingsError: listing every fault.
    """
    namespace = f"{pulumi.get_project()}:"
    config = {key: value for key, value in get_config_env().items() if key.startswith(namespace)}
    secret = [key.removeprefix(namespace) for key in get_config_secret_keys_env() if key.startswith(namespace)]
    return load_settings(
        {key.removeprefix(namespace): value for key, value in config.items()},
        stack=pulumi.get_stack(),
        secret_keys=secret,
        project_dir=Path.cwd(),
    )
