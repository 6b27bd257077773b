"""`ssh`: how to connect to the hosts."""

import base64
import re
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from .hosts import HostName, UserName, is_host
from .model import SettingsModel
from .names import SecretName
from .values import Bool, Port, PositiveSeconds, coerce_bool, format_value

JUMP = re.compile(r"((?P<user>[^@\s]+)@)?(?P<host>[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:(?P<port>\d{1,5}))?")


# Kamal's keys that can only be false, and why. Pulumi's command plugin has an SSH client of its own.
ONLY_FALSE = {
    "config": "must be false: Pulumi's command plugin does not read OpenSSH's configuration files. Set what they say in "
    "ssh.user, ssh.users, ssh.port, ssh.ports and ssh.proxy",
    "forward_agent": "must be false: Pulumi's command plugin does not forward the SSH agent. Run a hook that needs it on the "
    "deployer (hooks.run_on), or give it a key as a secret (hooks.secrets)",
}


def _check_host_key(value: str) -> str:
    found = re.fullmatch(r"(?P<type>(ssh|ecdsa)-[a-z0-9-]+) (?P<key>[A-Za-z0-9+/]+)=*( .*)?", value)
    if not found or not _is_key_of_type(found["key"], found["type"]):
        raise ValueError(
            f"must be a public key as `ssh-keyscan` prints it (ssh-ed25519 AAAA…), not {format_value(value)}"
        )
    if found["type"] == "ssh-rsa":
        # The official command plugin (1.2.1) asks for signatures that no current SSH server makes with an RSA key.
        raise ValueError(
            "is an RSA key, which Pulumi's command plugin cannot check; pin the host's ssh-ed25519 or ecdsa key"
        )
    return " ".join(value.split()[:2])


def _is_key_of_type(key: str, key_type: str) -> bool:
    # The encoded key starts with the name of its type (RFC 4253, 6.6).
    name = key_type.encode()
    start = len(name).to_bytes(4, "big") + name
    complete = key[: len(key) - len(key) % 4]
    return base64.b64decode(complete).startswith(start)


def _check_jump(value: str) -> str:
    found = JUMP.fullmatch(value)
    if not found or not is_host(found["host"].strip("[]")) or not 1 <= int(found["port"] or 22) <= 65535:
        raise ValueError(f"must look like [user@]host[:port], not {format_value(value)}")
    return value


@dataclass(frozen=True)
class Jump:
    """The jump host: the SSH server that connections to the hosts go through."""

    host: str
    user: str
    port: int


class SshSettings(SettingsModel):
    """The SSH connections to the hosts."""

    user: UserName = Field(default="root", description="User on the hosts: root, or a member of the group `docker`.")
    port: Port = Field(default=22, description="Port of the SSH server.")
    users: dict[HostName, UserName] = Field(default={}, description="User by host, where it differs from `user`.")
    ports: dict[HostName, Port] = Field(default={}, description="Port by host, where it differs from `port`.")
    host_keys: dict[HostName, Annotated[str, AfterValidator(_check_host_key)]] = Field(
        default={}, description="Public key by host. The keys of other hosts must be in your `known_hosts`."
    )
    accept_unknown_host_keys: Bool = Field(
        default=False,
        description="Accept any key of a host whose key is not known. "
        "Not safe: whoever answers at the host's address gets the secrets.",
    )
    proxy: Annotated[str, AfterValidator(_check_jump)] | None = Field(
        default=None, description="Jump host to connect through: `[user@]host[:port]`. Default user: root."
    )
    key_data: SecretName | None = Field(
        default=None,
        description="List with the name of the secret that holds the private key. Default: the keys of the SSH agent.",
    )
    connect_timeout: PositiveSeconds = Field(default=15, description="Seconds to wait for a connection.")
    config: Bool = Field(default=False, description="Only `false`: OpenSSH's configuration files are not read.")
    keys_only: Bool = Field(
        default=False,
        description="Whether to offer no keys of the SSH agent. That is always so with `key_data`, and refused without it: "
        "there would be no key.",
    )
    forward_agent: Bool = Field(default=False, description="Only `false`: the SSH agent is not forwarded to the hosts.")

    @field_validator("keys_only")
    @classmethod
    def _check_key(cls, value: bool, info: ValidationInfo) -> bool:
        if value and info.data.get("key_data", "not valid") is None:
            raise ValueError("is true, but there is no key beside those of the SSH agent; set ssh.key_data")
        return value

    @field_validator(*ONLY_FALSE, mode="before")
    @classmethod
    def _check_false(cls, value: Any, info: ValidationInfo) -> Any:
        if coerce_bool(value) is not False:
            raise ValueError(ONLY_FALSE[info.field_name or ""])
        return value

    def user_of(self, host: HostName) -> str:
        """Return the user on a host."""
        return self.users.get(host, self.user)

    def port_of(self, host: HostName) -> int:
        """Return the port of the SSH server of a host."""
        return self.ports.get(host, self.port)

    def jump(self) -> Jump | None:
        """Return the jump host, if one is set."""
        found = JUMP.fullmatch(self.proxy) if self.proxy else None
        if not found:
            return None
        return Jump(found["host"].strip("[]"), found["user"] or "root", int(found["port"] or 22))
