"""The Docker engine of this host."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .client import DockerClient, DockerError

if TYPE_CHECKING:
    from .containers import Containers
    from .files import Files
    from .images import Images
    from .networks import Networks


@dataclass(frozen=True)
class Engine:
    """What a Docker engine says of itself.

    Attributes:
        version: Its version.
        root: Its data folder.
    """

    version: str
    root: str


class Docker:
    """What the steps ask Docker for, by subject.

    A subject is imported where it is first asked for: `inspect` needs only one of them, and runs on every host at each update.

    Attributes:
        run: Runs the client, for all that is of none of the subjects.
        inspect: Returns all that Docker knows about containers, images or networks.
    """

    def __init__(self, client: DockerClient) -> None:
        self._client = client
        self.run, self.inspect = client.run, client.inspect

    @property
    def containers(self) -> Containers:
        """The containers."""
        from .containers import Containers

        return Containers(self._client)

    @property
    def files(self) -> Files:
        """The files in containers."""
        from .files import Files

        return Files(self._client)

    @property
    def images(self) -> Images:
        """The images."""
        from .images import Images

        return Images(self._client)

    @property
    def networks(self) -> Networks:
        """The networks."""
        from .networks import Networks

        return Networks(self._client)

    def engine(self) -> Engine:
        """Return what the engine says of itself.

        Raises:
            DockerError: It does not answer, or may not be used.
        """
        done = self.run("info", "--format", "{{json .}}", check=False)
        # A client that cannot reach the engine may exit with 0, and print all that it knows without it.
        info = json.loads(done.stdout or "{}")
        if not info.get("ServerVersion"):
            raise DockerError(done.stderr, "docker info")
        return Engine(info["ServerVersion"], info["DockerRootDir"])


def timestamp(text: str) -> str:
    """Return a time as Docker tells it without its fractions: 2026-01-31T12:00:00Z."""
    return text.partition(".")[0].rstrip("Z") + "Z"
