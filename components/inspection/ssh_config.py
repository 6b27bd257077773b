"""The configuration with which OpenSSH looks at the hosts: as the command plugin connects, and nothing of the person's own.

The settings refuse names of hosts and users that could end a line of it.
"""

from collections.abc import Sequence
from pathlib import Path

from ..ssh_connection import SshConnection, SshEndpoint

JUMP = "jump"


def alias(number: int) -> str:
    """Return what a host is called in the configuration. Its own name could be a word of OpenSSH's."""
    return f"host{number}"


def ssh_config(connections: Sequence[SshConnection], folder: Path, limit: float) -> str:
    """Return the configuration for all hosts, in their order.

    Args:
        connections: The ways to the hosts.
        folder: Where the file `known_hosts` is and, for a private key of the settings, the socket `agent`.
        limit: Seconds that a look may take. OpenSSH itself gives up before, and says what it waited for; at the jump host
            first, so that it can be told which of the two does not answer.
    """
    jump = connections[0].jump
    blocks = [
        _block(alias(number), connection.endpoint, JUMP if jump else "none", limit - 1)
        for number, connection in enumerate(connections)
    ]
    if jump:
        blocks.append(_block(JUMP, jump, "none", limit - 2))
    return "\n".join([*blocks, _common(folder, has_key=connections[0].private_key is not None)])


def known_hosts(connections: Sequence[SshConnection]) -> str:
    """Return the file of the keys that the hosts may show."""
    named = [(alias(number), connection.endpoint) for number, connection in enumerate(connections)]
    if connections[0].jump:
        named.append((JUMP, connections[0].jump))
    return "".join(f"{name} {key}\n" for name, endpoint in named for key in endpoint.known_keys)


def _block(name: str, endpoint: SshEndpoint, jump: str, timeout: float) -> str:
    lines = [
        f"Host {name}",
        f"HostName {endpoint.host}",
        f"User {endpoint.user}",
        f"Port {endpoint.port}",
        f"HostKeyAlias {name}",
        f"StrictHostKeyChecking {'yes' if endpoint.known_keys else 'no'}",
        f"ConnectTimeout {max(1, int(timeout))}",
        f"ProxyJump {jump}",
    ]
    return "\n    ".join(lines)


def _common(folder: Path, *, has_key: bool) -> str:
    # An agent is the only source of keys, as for the command plugin.
    agent = f'"{folder}/agent"' if has_key else "SSH_AUTH_SOCK"
    lines = [
        "Host *",
        f"IdentityAgent {agent}",
        "IdentityFile none",
        "IdentitiesOnly no",
        f'UserKnownHostsFile "{folder}/known_hosts"',
        "GlobalKnownHostsFile none",
        "UpdateHostKeys no",
        "BatchMode yes",
        "PreferredAuthentications publickey",
        # OpenSSH's first choice, with a post-quantum part, takes 80 ms more at each host. The look carries no secret, and the
        # command plugin logs in with this one.
        "KexAlgorithms ^curve25519-sha256",
        # OpenSSH 10.1 and newer would warn of that.
        "IgnoreUnknown WarnWeakCrypto",
        "WarnWeakCrypto no-pq-kex",
        "ControlMaster no",
        "ControlPath none",
        "ForwardAgent no",
        "ForwardX11 no",
        "ClearAllForwardings yes",
        "RequestTTY no",
        # Below this level it does not say which of two servers has closed a connection, or what a jump host cannot reach.
        "LogLevel INFO",
    ]
    return "\n    ".join(lines) + "\n"
