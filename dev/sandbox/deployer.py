"""The Docker engine that images are built with. Two engines in one network fight over docker0, so it has its own."""

import os
from collections.abc import Callable
from ipaddress import IPv4Network
from pathlib import Path

from dev.sandbox import dockerd, network
from dev.sandbox.layout import Layout
from dev.sandbox.namespace import Namespace


def up(layout: Layout, hub: Namespace, subnet: IPv4Network, etc: dict[str, str], say: Callable[[str], None]) -> Path:
    """Returns the engine's socket, which is the deployer's DOCKER_HOST."""
    part = dockerd.boot(layout, layout.deployer, "", etc, say)
    network.attach(hub, part, subnet[network.DEPLOYER], subnet.prefixlen)
    socket = dockerd.up(layout, part, f"{dockerd.INSIDE}/{layout.deployer_socket.name}", say)
    # The user builds with it, root or not.
    layout.deployer_socket.chmod(0o600)
    os.chown(layout.deployer_socket, *layout.owner)
    return socket
