"""Files in containers on this host."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import IO

from .client import DockerClient


class Files:
    """What the steps ask Docker about files. A container need not run for that."""

    def __init__(self, client: DockerClient) -> None:
        self._client = client

    def copy_out(self, container: str, folder: str) -> bytes:
        """Return a folder of a container as a tar archive.

        Raises:
            DockerError: The container or the folder is not there.
        """
        return self._client.run_bytes("cp", f"{container}:{folder}", "-")

    def copy_in(self, container: str, folder: str, archive: bytes) -> None:
        """Unpack a tar archive in a folder of a container, with the owners and modes in it.

        Raises:
            DockerError: The container or the folder is not there, or has no room.
        """
        self._client.run_bytes("cp", "-", f"{container}:{folder}", stdin=archive)

    def reading(self, container: str, folder: str) -> AbstractContextManager[IO[bytes]]:
        """Give a folder of a container as a tar archive, as it comes: it may be large.

        Raises:
            DockerError: At the end: there is no such folder.
        """
        return self._client.stream("cp", "--follow-link", f"{container}:{folder}", "-")

    @contextmanager
    def container_that_never_starts(self, image: str, name: str) -> Iterator[None]:
        """Have a container of an image for a while, to read what is in it.

        Args:
            image: The image, which is on this host.
            name: The name of the container. One that an earlier call has left is removed.

        Raises:
            DockerError: It could not be made.
        """
        remove = ("rm", "--force", "--volumes", name)
        self._client.run(*remove, check=False)
        try:
            # An image need not have a command of its own.
            self._client.run("create", "--name", name, "--network", "none", "--pull", "never", image, "true")
            yield
        finally:
            self._client.run(*remove, check=False)
