"""Docker's command line."""

import os
from pathlib import Path

from dev.sandbox.commands import run
from dev.sandbox.errors import SandboxError

# Debian's client comes with Debian's engine. Another one on the PATH may be too new for it.
DEBIAN_CLIENT = Path("/usr/bin/docker")


def docker(socket: Path, *arguments: str, stdin: bytes = b"", timeout: float = 60) -> str:
    """Run a docker command against the engine that listens at `socket`, and return its output.

    Raises:
        SandboxError: It failed; the message has its error output.
    """
    client = str(DEBIAN_CLIENT) if DEBIAN_CLIENT.exists() else "docker"
    # Nothing else of the user's environment, and no ~/.docker: a context or a credential helper would get in the way.
    env = {"PATH": os.environ["PATH"], "HOME": "/nonexistent"}
    return run([client, "--host", f"unix://{socket}", *arguments], stdin=stdin, timeout=timeout, env=env)


def answers(socket: Path) -> bool:
    """Return whether an engine answers at `socket`."""
    try:
        docker(socket, "version", timeout=5)
    except SandboxError:
        return False
    return True


def has_image(socket: Path, name: str) -> bool:
    """Return whether the engine at `socket` has an image called `name`."""
    return bool(docker(socket, "image", "ls", "--quiet", name))
