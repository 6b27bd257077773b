"""An image with Redis and PostgreSQL in the sandbox's registry, for accessories."""

from pathlib import Path

from dev.sandbox import Sandbox
from dev.sandbox.docker import docker
from dev.sandbox.images import ensure
from dev.sandbox.servers import SERVERS, servers

REPOSITORY = "tests/servers"


def push_servers(sandbox: Sandbox) -> dict[str, str]:
    """Push two versions of the image; returns by tag `tests/servers:TAG@sha256:…`, without the registry's server."""
    paths, registry = sandbox.paths, sandbox.inventory().registry
    socket = paths.deployer_socket
    ensure(servers(paths, print), socket, "deployer", print)
    password = Path(registry.password_file).read_text().strip()
    config = ("--config", str(paths.data / "docker-for-servers"))
    docker(
        socket, *config, "login", registry.server, "-u", registry.username, "--password-stdin", stdin=password.encode()
    )
    pushed = {}
    for tag in ("1", "2"):
        name = f"{registry.server}/{REPOSITORY}:{tag}"
        docker(socket, "build", "--quiet", "--tag", name, "-", stdin=f"FROM {SERVERS}\nLABEL tag={tag}\n".encode())
        docker(socket, *config, "push", "--quiet", name, timeout=120)
        digest = docker(socket, "image", "inspect", "--format", "{{index .RepoDigests 0}}", name).strip()
        pushed[tag] = f"{REPOSITORY}:{tag}@{digest.partition('@')[2]}"
    return pushed
