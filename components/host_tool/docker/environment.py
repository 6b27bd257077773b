"""A container's environment variables, byte for byte, and never in the arguments of a process."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ..errors import StepError

LONGEST_FILE_LINE = 32_000
"""Docker reads lines of an environment file of up to 64 KB."""

LONGEST_VARIABLE = 131_000
"""Linux gives a process at most 128 KB for NAME=value."""

# Variables that the Docker client reads itself.
CLIENT_VARIABLES = r"PATH|HOME|TMPDIR|GO[A-Z]+|(HTTP|HTTPS|NO|ALL)_PROXY|(DOCKER|LD|SSL_CERT|XDG)_.*"


@dataclass(frozen=True)
class Environment:
    """A container's variables, in the two ways in which Docker takes them.

    Attributes:
        file: The text of an environment file: bytes as they are, a line a variable.
        exported: The variables that a line cannot hold. Docker takes them from its client's environment.
    """

    file: str
    exported: Mapping[str, str]


def split_environment(variables: Mapping[str, str]) -> Environment:
    """Divide variables into those that fit a line of an environment file, and the others.

    Raises:
        StepError: A variable can be handed to Docker in neither way.
    """
    lines, exported = [], {}
    for name, value in variables.items():
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.-]*", name):
            raise StepError(f'the environment variable "{name}" has no valid name. Rename it in the settings.')
        if "\n" in value or "\r" in value or len(value.encode()) >= LONGEST_FILE_LINE:
            _check_exportable(name, value)
            exported[name] = value
        else:
            lines.append(f"{name}={value}\n")
    return Environment("".join(lines), exported)


def _check_exportable(name: str, value: str) -> None:
    if re.fullmatch(CLIENT_VARIABLES, name, re.IGNORECASE):
        raise StepError(
            f"the environment variable {name} has a value of several lines (or of more than 32 KB). Under this name it "
            "cannot be handed to Docker. Rename it, or give the value in base64 and decode it in the app."
        )
    if len(name) + len(value.encode()) >= LONGEST_VARIABLE:
        raise StepError(
            f"the value of the environment variable {name} has more than 128 KB, which no process can be given. "
            "Give it as a file in a volume."
        )
