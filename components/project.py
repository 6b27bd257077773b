"""The Pulumi project that the program belongs to."""

import os
from pathlib import Path

import pulumi


def project_dir() -> Path:
    """Return the Pulumi project's folder, relative to the folder that the program and the plugins run in.

    That is `.` unless Pulumi.yaml has a `main`. It is relative because an absolute path among a resource's inputs would
    differ between two people.
    """
    root = pulumi.get_root_directory()
    # A language host of before 3.80 does not tell, and the SDK then makes up a name.
    return Path(os.path.relpath(Path(root).resolve())) if root and Path(root).is_absolute() else Path()


def full_stack_name() -> str:
    """Return organization/project/stack."""
    return f"{pulumi.get_organization()}/{pulumi.get_project()}/{pulumi.get_stack()}"
