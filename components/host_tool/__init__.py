"""The host tool: the one program that does a release's work on a Docker host, as text to be installed there."""

import hashlib
from pathlib import Path

_DIRECTORY = Path(__file__).parent

# The program is these files, one after the other; each is named after what is in it.
_PARTS = (
    "head",
    "run",
    "spec",
    "docker",
    "proxy",
    "role",
    "container",
    "ready",
    "running",
    "prepare",
    "pull",
    "secrets",
    "candidate",
    "switch",
    "retire",
    "task",
    "hook",
    "status",
    "remove",
    "main",
)


def host_tool_text() -> str:
    """The program, a POSIX sh script. Pure ASCII, so that it can be cut into lines anywhere alike."""
    return "\n".join((_DIRECTORY / f"{part}.sh").read_text(encoding="ascii") for part in _PARTS)


def host_tool_hash(text: str) -> str:
    """The first 12 hex digits of the SHA-256 of `text`: part of the name under which a host keeps the program."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def bootstrap_text() -> str:
    """What `sh -c` runs at the first contact to install the program; without comments, as previews show it."""
    lines = (_DIRECTORY / "bootstrap.sh").read_text(encoding="ascii").splitlines()
    return "\n".join(line for line in lines if not line.startswith("#"))
