"""`ssh`: how the hosts are reached."""

import base64
import re
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, Field

from .section import HostName, Port, Seconds, SecretName, Section, Switch, UserName, is_host, shown

JUMP = re.compile(r"((?P<user>[^@\s]+)@)?(?P<host>[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:(?P<port>\d{1,5}))?")


def _host_key(value: str) -> str:
    found = re.fullmatch(r"(?P<type>(ssh|ecdsa)-[a-z0-9-]+) (?P<key>[A-Za-z0-9+/]+)=*( .*)?", value)
    if not found or not _begins_with(found["key"], found["type"]):
        raise ValueError(f"should be a public key as `ssh-keyscan` shows it (ssh-ed25519 AAAA…), found {shown(value)}")
    return " ".join(value.split()[:2])


def _begins_with(key: str, key_type: str) -> bool:
    """Whether the base64 `key` is of the type that is written before it: the blob repeats it (RFC 4253, 6.6)."""
    name = key_type.encode()
    head = len(name).to_bytes(4, "big") + name
    whole = key[: len(key) - len(key) % 4]
    return base64.b64decode(whole).startswith(head)


def _jump(value: str) -> str:
    found = JUMP.fullmatch(value)
    if not found or not is_host(found["host"].strip("[]")) or not 1 <= int(found["port"] or 22) <= 65535:
        raise ValueError(f"should have the form [user@]host[:port], found {shown(value)}")
    return value


@dataclass(frozen=True)
class Jump:
    """The host in between."""

    host: str
    user: str
    port: int


class Ssh(Section):
    """The login to the hosts. The key is the SSH agent's."""

    user: UserName = Field("root", description="The user on the hosts: root, or one in the group docker.")
    port: Port = Field(22, description="The port of the SSH server.")
    users: dict[HostName, UserName] = Field({}, description="Users of single hosts.")
    ports: dict[HostName, Port] = Field({}, description="Ports of single hosts.")
    host_keys: dict[HostName, Annotated[str, AfterValidator(_host_key)]] = Field(
        {}, description="The public key of each host; a host that is left out has to be in known_hosts."
    )
    accept_unknown_host_keys: Switch = Field(
        False, description="Take any key of a host whose key is not known. Whoever answers gets the secrets."
    )
    proxy: Annotated[str, AfterValidator(_jump)] | None = Field(
        None, description="A host to go through: [user@]host[:port], user root by default."
    )
    key_data: SecretName | None = Field(
        None, description="A list with the name of a secret that holds a private key, instead of the SSH agent."
    )
    connect_timeout: Seconds = Field(15, ge=1, description="Seconds that one dial may take.")

    def user_of(self, host: HostName) -> str:
        """Who logs in at `host`."""
        return self.users.get(host, self.user)

    def port_of(self, host: HostName) -> int:
        """Where `host` listens."""
        return self.ports.get(host, self.port)

    def jump(self) -> Jump | None:
        """The host in between, if there is one."""
        found = JUMP.fullmatch(self.proxy) if self.proxy else None
        if not found:
            return None
        return Jump(found["host"].strip("[]"), found["user"] or "root", int(found["port"] or 22))
