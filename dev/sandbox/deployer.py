"""The Docker engine that builds images. It is a machine of its own, as two engines in one network fight over docker0."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from dev.sandbox import dockerd, machine
from dev.sandbox.network import Network
from dev.sandbox.paths import Paths


def up(paths: Paths, network: Network, etc_files: Mapping[str, str], say: Callable[[str], None]) -> Path:
    """Start the engine unless it answers, and return its socket, which is the deployer's DOCKER_HOST."""
    booted = machine.boot(paths, paths.deployer, etc_files, say)
    network.attach(booted, network.deployer)
    # BuildKit runs in a privileged container of it.
    dockerd.up(paths, booted, f"{machine.DISK}/{paths.deployer_socket.name}", say, privileged=True)
    # The user builds with it, root or not.
    paths.deployer_socket.chmod(0o600)
    os.chown(paths.deployer_socket, *paths.owner)
    return paths.deployer_socket
