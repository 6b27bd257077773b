"""How a host is reached: who logs in, which host key is expected, how long a dial may take."""

import subprocess
from dataclasses import dataclass

from .errors import SettingsError
from .settings import Settings

# The preferred key of a host comes first, so that two deployers whose known_hosts differ in length agree.
KEY_TYPES = ("ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-rsa")


@dataclass(frozen=True)
class Endpoint:
    """An SSH server: address, user, port, and the key it must show (None: any key is taken)."""

    host: str
    user: str
    port: int
    host_key: str | None


@dataclass(frozen=True)
class Target:
    """A host and the way to it.

    :param private_key: the key in clear, or None for the SSH agent's, which keeps two people's deploys alike.
    :param timeout: seconds that one dial may take.
    """

    endpoint: Endpoint
    jump: Endpoint | None
    private_key: str | None
    timeout: int

    @property
    def host(self) -> str:
        """The host as the settings name it."""
        return self.endpoint.host


def targets(settings: Settings) -> tuple[Target, ...]:
    """The connection to every host by the `ssh` settings, the primary host first.

    :raises SettingsError: naming every host whose key is neither in `ssh.host_keys` nor in the user's known_hosts.
    """
    ssh = settings.ssh
    jump = ssh.jump()
    endpoints = [Endpoint(host, ssh.user_of(host), ssh.port_of(host), None) for host in settings.hosts()]
    if jump:
        endpoints.append(Endpoint(jump.host, jump.user, jump.port, None))
    keys = {endpoint: ssh.host_keys.get(endpoint.host) or _known_key(endpoint) for endpoint in endpoints}
    unknown = [endpoint for endpoint, key in keys.items() if key is None]
    if unknown and not ssh.accept_unknown_host_keys:
        raise SettingsError("\n".join(_unknown_key(endpoint) for endpoint in unknown))
    pinned = [Endpoint(end.host, end.user, end.port, keys[end]) for end in endpoints]
    return tuple(
        Target(
            endpoint=endpoint,
            jump=pinned[-1] if jump else None,
            private_key=settings.secret(ssh.key_data) if ssh.key_data else None,
            timeout=ssh.connect_timeout,
        )
        for endpoint in pinned[: len(settings.hosts())]
    )


def _known_key(endpoint: Endpoint) -> str | None:
    known = known_host_keys(endpoint.host, endpoint.port)
    preferred = (key for key_type in KEY_TYPES for key in known if key.startswith(key_type + " "))
    return next(preferred, None)


def known_host_keys(host: str, port: int) -> list[str]:
    """The keys that the user's known_hosts holds for `host`, as `type base64`; ssh-keygen reads hashed names too."""
    name = host if port == 22 else f"[{host}]:{port}"
    found = keygen("ssh-keygen", "-F", name)
    lines = [line.split() for line in found.splitlines() if line and not line.startswith(("#", "@"))]
    return [f"{fields[1]} {fields[2]}" for fields in lines if len(fields) >= 3]


def keygen(*words: str) -> str:
    """What ssh-keygen prints; nothing where there is none."""
    try:
        return subprocess.run(words, capture_output=True, text=True, check=False, timeout=10).stdout
    except FileNotFoundError:
        return ""


def _unknown_key(endpoint: Endpoint) -> str:
    host, port = endpoint.host, endpoint.port
    return (
        f"ssh.host_keys: the key of host {host} is not known. `ssh-keyscan -t ed25519 -p {port} {host}` shows it; "
        f"compare it with the host's own, then pin it: pulumi config set --path 'ssh.host_keys[\"{host}\"]' "
        "'ssh-ed25519 AAAA…'"
    )
