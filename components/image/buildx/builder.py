"""Which builder of buildx builds what.

Imports no other module of this package: it is sent to a Python process that does not have it.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Optional

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
"""Docker's names of architectures that Docker engines call otherwise."""


@dataclass(frozen=True)
class Node:
    """A machine that builds.

    Attributes:
        endpoint: Its address, or the name of a Docker context.
        platforms: What it builds for where there are several nodes; none where it is the only one.
    """

    endpoint: str
    platforms: tuple[str, ...] = ()


@dataclass(frozen=True)
class Builder:
    """A builder of buildx.

    Attributes:
        driver: What builds: docker, docker-container or remote.
        nodes: The machines that it consists of.
    """

    driver: str
    nodes: tuple[Node, ...]

    @property
    def name(self) -> str:
        """A name that other nodes would change, so that a builder of this name is this one."""
        nodes = [[node.endpoint, *node.platforms] for node in self.nodes]
        return "pulumi-kamal-" + hashlib.sha256(json.dumps([self.driver, nodes]).encode()).hexdigest()[:12]


def choose_builder(
    driver: str, platforms: Sequence[str], here: str, arch: str, remote: Optional[str], local: bool
) -> Builder:
    """Return what builds. As in Kamal, this machine builds what it has the architecture for, and the remote one the rest.

    Args:
        driver: What builds: docker, docker-container or remote.
        platforms: The platforms to build for; none for that of the builder.
        here: This machine's Docker engine: an address, or the name of a context.
        arch: Its architecture.
        remote: The address of the other builder.
        local: Whether this machine may build.
    """
    if not remote:
        return Builder(driver, (Node(here),))
    if not local:
        return Builder(driver, (Node(remote),))
    own = tuple(platform for platform in platforms if _arch_of(platform) == ARCHITECTURES.get(arch, arch))
    others = tuple(platform for platform in platforms if platform not in own)
    if not others:
        return Builder(driver, (Node(here),))
    if not own:
        return Builder(driver, (Node(remote),))
    return Builder(driver, (Node(here, own), Node(remote, others)))


def _arch_of(platform: str) -> str:
    return platform.split("/")[1]
