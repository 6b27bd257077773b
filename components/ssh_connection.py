"""How a host is reached: who logs in, which host key is expected, how long a dial may take."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from .errors import SettingsError
from .known_hosts import known_host_keys
from .secret import Secret
from .settings import Settings


@dataclass(frozen=True)
class SshEndpoint:
    """An SSH server.

    Attributes:
        host: Its address.
        user: Who logs in.
        port: Its port.
        host_key: The key that it has to show; None if any key is accepted.
        known_keys: All keys that are known of it: the pinned one, or those in known_hosts.
    """

    host: str
    user: str
    port: int
    host_key: str | None = None
    known_keys: tuple[str, ...] = ()

    def expecting(self, key: str) -> "SshEndpoint":
        """Return the endpoint with another key to be shown, if that is a known one; else as it is."""
        return replace(self, host_key=key) if key in self.known_keys else self


@dataclass(frozen=True)
class SshConnection:
    """The way to a host.

    Attributes:
        endpoint: The host itself.
        jump: The host in between, if there is one.
        private_key: The key to log in with; None for the keys of the SSH agent, so that two people's deploys are alike.
        dial_timeout: Seconds that one dial may take.
    """

    endpoint: SshEndpoint
    jump: SshEndpoint | None
    private_key: Secret | None
    dial_timeout: int

    @property
    def host(self) -> str:
        """The host as the settings spell it."""
        return self.endpoint.host


def ssh_connections(settings: Settings) -> tuple[SshConnection, ...]:
    """Return the connection to every host, the primary host first.

    Raises:
        SettingsError: Naming every host whose key is neither in `ssh.host_keys` nor in the user's known_hosts.
    """
    ssh = settings.ssh
    jump = ssh.jump()
    endpoints = [SshEndpoint(host, ssh.user_of(host), ssh.port_of(host)) for host in settings.hosts]
    if jump:
        endpoints.append(SshEndpoint(jump.host, jump.user, jump.port))
    with ThreadPoolExecutor() as threads:
        keys = threads.map(lambda endpoint: _known_keys(settings, endpoint), endpoints)
    pinned = [
        replace(endpoint, host_key=next(iter(known), None), known_keys=known)
        for endpoint, known in zip(endpoints, keys, strict=True)
    ]
    unknown = [endpoint for endpoint in pinned if endpoint.host_key is None]
    if unknown and not ssh.accept_unknown_host_keys:
        raise SettingsError("\n".join(_unknown_key(endpoint) for endpoint in unknown))
    return tuple(
        SshConnection(
            endpoint=endpoint,
            jump=pinned[-1] if jump else None,
            private_key=settings.secret(ssh.key_data[0]) if ssh.key_data else None,
            dial_timeout=ssh.connect_timeout,
        )
        for endpoint in pinned[: len(settings.hosts)]
    )


def _known_keys(settings: Settings, endpoint: SshEndpoint) -> tuple[str, ...]:
    """Return the keys that a server may show, the preferred one first."""
    pinned = settings.ssh.host_keys.get(endpoint.host)
    return (pinned,) if pinned else known_host_keys(endpoint.host, endpoint.port)


def how_to_pin(endpoint: SshEndpoint) -> str:
    """Return how to find out the key of a server, and how to pin it: two sentences for a message."""
    host, port = endpoint.host, endpoint.port
    return (
        f"`ssh-keyscan -t ed25519 -p {port} {host}` shows it. Compare it with the key on the host itself, then pin it: "
        f"pulumi config set --path 'deploy:ssh.host_keys[\"{host}\"]' 'ssh-ed25519 AAAA…'"
    )


def _unknown_key(endpoint: SshEndpoint) -> str:
    return f"ssh.host_keys: the key of host {endpoint.host} is not known. {how_to_pin(endpoint)}"
