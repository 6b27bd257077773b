"""Networks of containers on this host."""

from __future__ import annotations

from .client import DockerClient, DockerError


class Networks:
    """What the steps ask Docker about networks."""

    def __init__(self, client: DockerClient) -> None:
        self._client = client

    def exists(self, name: str) -> bool:
        """Return whether a network is there."""
        return self._client.run("network", "inspect", name, check=False).returncode == 0

    def ensure(self, name: str) -> bool:
        """Make a network unless it is there, and return whether it was made."""
        if self.exists(name):
            return False
        try:
            self._client.run("network", "create", name)
        except DockerError:
            # Somebody else may have made it in the meantime.
            if not self.exists(name):
                raise
        return True

    def remove(self, name: str) -> None:
        """Remove a network, unless a container, be it a stopped one, would miss it."""
        if not self._client.run("ps", "--all", "--quiet", "--filter", f"network={name}", check=False).stdout:
            self._client.run("network", "rm", name, check=False)
