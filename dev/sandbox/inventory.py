"""What a running sandbox offers, as written to `sandbox.json`."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from dev.sandbox.errors import SandboxError


@dataclass(frozen=True)
class Host:
    """A Docker host: `ssh -p port user@address`, where `host_key` (`ssh-ed25519 AAAA…`) answers.

    `docker_socket` is the host's /run/docker.sock as seen from this machine, for root.
    """

    name: str
    address: str
    user: str
    port: int
    host_key: str
    docker_socket: str


@dataclass(frozen=True)
class Registry:
    """A registry with TLS: `server` is `address:port`; the password is in `password_file` (0600)."""

    server: str
    username: str
    password_file: str


@dataclass(frozen=True)
class Inventory:
    """`base_image` is in the deployer's engine and in the registry, `proxy_image` on every host and there."""

    hosts: tuple[Host, ...]
    registry: Registry
    base_image: str
    proxy_image: str

    @classmethod
    def read(cls, path: Path) -> "Inventory":
        """Raises SandboxError when there is no running sandbox."""
        if not path.exists():
            raise SandboxError("The sandbox is not up. Run: python3 -m dev.sandbox up")
        data = json.loads(path.read_text())
        hosts = tuple(Host(**host) for host in data["hosts"])
        return cls(hosts, Registry(**data["registry"]), data["base_image"], data["proxy_image"])

    def json(self) -> str:
        return json.dumps(asdict(self), indent=2) + "\n"

    def host(self, name: str) -> Host:
        """Raises SandboxError with the names there are."""
        for host in self.hosts:
            if host.name == name:
                return host
        raise SandboxError(f"There is no host {name!r}: {', '.join(host.name for host in self.hosts)}.")
