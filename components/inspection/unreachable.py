"""Why a host cannot be looked at, in words, and what to do: from what OpenSSH says."""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..ssh_connection import SshConnection, SshEndpoint, how_to_pin

SSH_FAILED = 255
"""The exit status of ssh itself (ssh(1))."""

TIMED_OUT = 124
"""The exit status of a command at its time limit (timeout(1))."""

NO_LOGIN = "This account is currently not available."
"""What nologin(8) prints."""


@dataclass(frozen=True)
class Server:
    """The server that a message of OpenSSH's is about: a host, or the jump host.

    Attributes:
        endpoint: The server.
        where: Its address and port, for a message.
        has_key: Whether the settings have a private key, and no SSH agent is asked.
    """

    endpoint: SshEndpoint
    where: str
    has_key: bool


def sentence(connection: SshConnection, status: int | None, said: str) -> str:
    """Return why a host cannot be looked at.

    Args:
        connection: The way to the host.
        status: The exit status of ssh; None where it was ended at the limit.
        said: What it printed.
    """
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    server = _server(connection, lines)
    if status is None:
        return f"it did not answer in time. Check the way to {server.where}, and what keeps that host busy"
    if NO_LOGIN in said:
        return f"{server.endpoint.user} may not log in on {server.where}. Choose another user in ssh.user"
    if status == SSH_FAILED:
        for pattern, words in REASONS:
            if re.search(pattern, said):
                return words(server)
    last = [re.sub("^host_tool: (install|inspect): ", "", line) for line in lines[-2:]]
    if status == TIMED_OUT:
        last.append("Check what keeps that host busy")
    return (
        " ".join(last) or f"its shell ended with exit status {status}. Check the login of {server.endpoint.user} there"
    )


def _server(connection: SshConnection, lines: list[str]) -> Server:
    """Return the server that OpenSSH's lines are about.

    A second ssh leads through a jump host. When that fails, the first one adds two lines of its own. When the jump host
    cannot reach the host, the second one says so.
    """
    has_key = connection.private_key is not None
    is_closed = any("closed by UNKNOWN port" in line for line in lines)
    cannot_go_on = any("open failed: " in line for line in lines)
    if connection.jump and is_closed and len(lines) > 2 and not cannot_go_on:
        return Server(connection.jump, f"{_address(connection.jump)} (the jump host)", has_key)
    return Server(connection.endpoint, _address(connection.endpoint), has_key)


def _address(endpoint: SshEndpoint) -> str:
    return f"{endpoint.host}:{endpoint.port}"


def _host_key(server: Server) -> str:
    types = ", ".join(key.split()[0] for key in server.endpoint.known_keys)
    return f"{server.where} shows another host key than the known one ({types}). {how_to_pin(server.endpoint)}"


def _login(server: Server) -> str:
    user = server.endpoint.user
    if server.has_key:
        hint = f"Add the public key of ssh.key_data to the authorized_keys of {user} there, or set ssh.user"
    elif not Path(os.environ.get("SSH_AUTH_SOCK") or "/no/agent").exists():
        hint = "No SSH agent runs here: start one and add the key (ssh-add), or set ssh.key_data"
    else:
        hint = "Add the key to the SSH agent (ssh-add -l lists its keys), or set ssh.user or ssh.key_data"
    return f"{server.where} does not let {user} in. {hint}"


def _told(words: str) -> Callable[[Server], str]:
    return lambda server: words.format(where=server.where)


REASONS: tuple[tuple[str, Callable[[Server], str]], ...] = (
    (r"open failed: ", _told("the jump host cannot reach {where}. Check the address, and AllowTcpForwarding of the jump host")),
    (r"Could not resolve hostname", _told("the name in {where} cannot be resolved. Correct it in the settings, or in DNS")),
    (r"Host key verification failed|no matching host key type", _host_key),
    (r"Too many authentication failures", _told("{where} has refused too many keys. Have fewer in the SSH agent, or set ssh.key_data")),
    (r"Permission denied", _login),
    (r"Connection refused", _told("{where} refuses connections. Check that its SSH server runs, and ssh.port")),
    (r"timed out", _told("{where} does not answer. Check that it is up, and that it can be reached from here")),
    (r"No route to host|Network is unreachable", _told("there is no way to {where} from here. Check the network")),
    (r"Connection (closed|reset)", _told("{where} closed the connection. Look into the log of its SSH server")),
)  # fmt: skip
"""What OpenSSH says, and what that means. The first that fits counts."""
