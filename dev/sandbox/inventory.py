"""What a running sandbox offers."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from dev.sandbox.errors import SandboxError

NOT_RUNNING = (
    "The sandbox is not running. Start it with `make up`, or `.local/venv-sandbox/bin/python -m dev.sandbox up`."
)


@dataclass(frozen=True)
class Host:
    """A Docker host.

    Attributes:
        name: Its host name.
        address: Its IP address.
        user: The user to log in as.
        port: The port of its SSH server.
        host_key: Its SSH host key: `ssh-ed25519 AAAA…`.
        docker_socket: Its /run/docker.sock as this computer's root can reach it.
    """

    name: str
    address: str
    user: str
    port: int
    host_key: str
    docker_socket: str


@dataclass(frozen=True)
class Registry:
    """An image registry with TLS and a password.

    Attributes:
        server: Address and port: `10.213.1.2:5000`.
        username: The user to log in as.
        password_file: The file with the password, which only the owner can read.
    """

    server: str
    username: str
    password_file: str


@dataclass(frozen=True)
class Inventory:
    """The hosts, the registry and an image.

    Attributes:
        hosts: The Docker hosts.
        registry: The image registry.
        base_image: An image to build apps on. The deployer's Docker engine has it.
    """

    hosts: tuple[Host, ...]
    registry: Registry
    base_image: str

    @classmethod
    def read(cls, path: Path) -> "Inventory":
        """Read the file that `up` has written.

        Raises:
            SandboxError: There is none, so the sandbox is not running.
        """
        if not path.exists():
            raise SandboxError(NOT_RUNNING)
        data = json.loads(path.read_text())
        hosts = tuple(Host(**host) for host in data["hosts"])
        return cls(hosts, Registry(**data["registry"]), data["base_image"])

    def to_json(self) -> str:
        """Return the text that `read` reads."""
        return json.dumps(asdict(self), indent=2) + "\n"

    def host(self, name: str) -> Host:
        """Return the host `name`.

        Raises:
            SandboxError: There is no such host.
        """
        for host in self.hosts:
            if host.name == name:
                return host
        raise SandboxError(f"There is no host {name!r}. There are: {', '.join(host.name for host in self.hosts)}.")
