"""`ssh`: how the hosts are reached."""

import re
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, Field

from deploy.settings.section import HostName, Port, Seconds, SecretName, Section, Switch

JUMP = re.compile(r"((?P<user>[^@\s]+)@)?(?P<host>[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:(?P<port>\d{1,5}))?")


def _host_key(value: str) -> str:
    if not re.fullmatch(r"(ssh|ecdsa)-[a-z0-9-]+ [A-Za-z0-9+/]+=*( .*)?", value):
        raise ValueError(f'should be a public key as `ssh-keyscan` shows it (ssh-ed25519 AAAA…), found "{value}"')
    return " ".join(value.split()[:2])


def _jump(value: str) -> str:
    if not JUMP.fullmatch(value):
        raise ValueError(f'should have the form [user@]host[:port], found "{value}"')
    return value


@dataclass(frozen=True)
class Jump:
    """The host in between."""

    host: str
    user: str
    port: int


class Ssh(Section):
    """The login to the hosts. The key is the SSH agent's."""

    user: str = Field("root", description="The user on the hosts: root, or one in the group docker.")
    port: Port = Field(22, description="The port of the SSH server.")
    users: dict[str, str] = Field({}, description="Users of single hosts.")
    ports: dict[str, Port] = Field({}, description="Ports of single hosts.")
    host_keys: dict[str, Annotated[str, AfterValidator(_host_key)]] = Field(
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
    connect_timeout: Seconds = Field(15, description="Seconds that one dial may take.")

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
