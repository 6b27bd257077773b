"""The stack's Pulumi config as Settings."""

import os
from pathlib import Path

import pulumi
from pulumi.runtime.config import get_config_env, get_config_secret_keys_env

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


def project_dir() -> Path:
    """Return the Pulumi project's folder, relative to the folder that the program and the plugins run in.

    That is `.` unless Pulumi.yaml has a `main`. It is relative because an absolute path among a resource's inputs would
    differ between two people.
    """
    root = pulumi.get_root_directory()
    # A language host of before 3.80 does not tell, and the SDK then makes up a name.
    return Path(os.path.relpath(Path(root).resolve())) if root and Path(root).is_absolute() else Path()
