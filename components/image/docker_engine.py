"""The Docker engine that builds and pushes: the one that DOCKER_HOST names, or this machine's own."""

import os
import socket
from collections.abc import Sequence
from pathlib import Path

from ..errors import ImageError

DEFAULT_SOCKETS = ("/var/run/docker.sock", "~/.docker/run/docker.sock", "~/.docker/desktop/docker.sock")
"""Where an engine is looked for without DOCKER_HOST, as the official docker plugin does (Docker Desktop has the last two)."""

LINK = Path(".local/docker.sock")
"""A link to the engine's socket, relative to the project's folder."""

TIMEOUT = 10
"""Seconds that the engine may take to accept a connection."""


def docker_host(project: Path) -> str:
    """Return the address of the Docker engine as an input of the docker provider.

    Where the engine's socket is differs between two people (DOCKER_HOST, rootless Docker, Docker Desktop), and the
    provider would keep the address in the state, where the next person's is a diff. So the provider is given a link of
    the same relative name everywhere, which leads to the socket.

    Args:
        project: The Pulumi project's folder, relative to the folder of the program.

    Raises:
        ImageError: No engine answers.
    """
    host = os.environ.get("DOCKER_HOST", "")
    if host and not host.startswith("unix://"):
        return host
    sockets = [host.removeprefix("unix://")] if host else list(DEFAULT_SOCKETS)
    link = project / LINK
    _replace_link(link, _answering(sockets))
    return f"unix://{link}"


def _answering(sockets: Sequence[str]) -> Path:
    """Return the first socket at which something accepts connections."""
    errors = []
    for name in sockets:
        path = Path(name).expanduser().absolute()
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(TIMEOUT)
            try:
                connection.connect(str(path))
            except OSError as error:
                errors.append(f"unix://{path} ({error.strerror or error})")
            else:
                return path
    raise ImageError(
        f"No Docker engine answers at {' or '.join(errors)}. The image is built and pushed with the Docker engine of this "
        "machine: start it, or name another one with DOCKER_HOST. A version that is in the registry is deployed without "
        "one: pulumi config set deploy:version …"
    )


def _replace_link(link: Path, path: Path) -> None:
    """Point the link at the socket; at no moment is there none, as another run may be using it."""
    if link.is_symlink() and link.readlink() == path:
        return
    link.parent.mkdir(parents=True, exist_ok=True)
    # Keeps the folder from making the user's own working tree dirty.
    (link.parent / ".gitignore").write_text("*\n")
    new = link.with_name(f"{link.name}.{os.getpid()}")
    new.symlink_to(path)
    new.replace(link)
