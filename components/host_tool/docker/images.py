"""Images on this host."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional

from .client import DockerClient


@dataclass(frozen=True)
class Image:
    """An image on this host.

    Attributes:
        id: Docker's id of it.
        service: Its service label.
        version: Its version label.
        build: Its label with a hash of the settings that it was built with, "" for none.
        digests: The references repository@sha256:… under which registries know it.
    """

    id: str
    service: str
    version: str
    build: str
    digests: tuple[str, ...]


class Images:
    """What the steps ask Docker about images."""

    def __init__(self, client: DockerClient) -> None:
        self._client = client

    def find(self, image: str) -> Optional[Image]:
        """Return an image, None if it is not here."""
        found = self._client.inspect(image)
        return image_of(found[0]) if found else None

    def pulling(self, image: str, config: str) -> AbstractContextManager[Iterator[str]]:
        """Pull an image, and give Docker's lines about it.

        Args:
            image: Its reference.
            config: The folder with the login to its registry.

        Raises:
            DockerError: At the end: it could not be pulled.
        """
        return self._client.lines("pull", image, env={**self._same_engine(), "DOCKER_CONFIG": config})

    def remove(self, image: str) -> bool:
        """Remove an image, and return whether it is gone. Docker keeps one that a container uses."""
        return self._client.run("image", "rm", image, check=False).returncode == 0 or self.find(image) is None

    def _same_engine(self) -> dict[str, str]:
        """Return what keeps the choice of the engine (docker context use) when the folder of the logins is another."""
        try:
            context = json.loads(Path("~/.docker/config.json").expanduser().read_text()).get("currentContext")
        except (OSError, ValueError):
            return {}
        if not context or "DOCKER_HOST" in os.environ:
            return {}
        endpoint = self._client.run("context", "inspect", "--format", "{{.Endpoints.docker.Host}}").stdout
        return {"DOCKER_HOST": endpoint.strip()}


def image_of(data: Mapping[str, Any]) -> Image:
    """Return an image of what `docker inspect` says."""
    labels = data["Config"].get("Labels") or {}
    return Image(
        id=data["Id"],
        service=labels.get("service", ""),
        version=labels.get("org.opencontainers.image.version", ""),
        build=labels.get("pulumi-kamal.build", ""),
        digests=tuple(data.get("RepoDigests") or ()),
    )
