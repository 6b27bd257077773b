"""A port of a container that is published on its host."""

import ipaddress
import re
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from .values import coerce_str, format_value

LOOPBACK = "127.0.0.1"
PORTS = re.compile(
    r"((?P<address>\[[0-9A-Fa-f:.]+\]|[0-9]+\.[0-9.]+):)?((?P<outside>\d+):)?(?P<inside>\d+)(?P<protocol>/(tcp|udp))?"
)


@dataclass(frozen=True)
class PortNumbers:
    """A published port.

    Attributes:
        address: The address of the host at which it is reached, "" for all.
        outside: The port of the host, "" for one that Docker chooses.
        inside: The port of the container, with its protocol where it has one.
    """

    address: str
    outside: str
    inside: str

    @classmethod
    def parse(cls, text: str) -> "PortNumbers | None":
        """Return the parts of a value of `docker run --publish`, None for one that is written in another way."""
        found = PORTS.fullmatch(text)
        if not found:
            return None
        address = found["address"] or ""
        return cls(address, found["outside"] or "", found["inside"] + (found["protocol"] or ""))

    @property
    def is_open(self) -> bool:
        """Whether it is published at every address of the host."""
        return not self.address or ipaddress.ip_address(self.address.strip("[]")).is_unspecified


def _check_port(value: Any) -> Any:
    text = coerce_str(value)
    ports = PortNumbers.parse(text) if isinstance(text, str) and not isinstance(value, bool) else None
    if not ports or not _is_valid(ports):
        raise ValueError(
            f"must be a port (5432), HOST_PORT:PORT or ADDRESS:HOST_PORT:PORT, in quotes, not {format_value(value)}"
        )
    inside = ports.inside.partition("/")[0]
    return f"{ports.address or LOOPBACK}:{ports.outside or inside}:{ports.inside}"


def _is_valid(ports: PortNumbers) -> bool:
    numbers = [int(number) for number in (ports.outside, ports.inside.partition("/")[0]) if number]
    try:
        address = ipaddress.ip_address(ports.address.strip("[]") or LOOPBACK)
    except ValueError:
        return False
    # An address alone before the container's port would have Docker choose the port of the host.
    chosen = bool(ports.address) and not ports.outside
    return (
        all(1 <= number <= 65535 for number in numbers)
        and not chosen
        and (address.version == 6) == ports.address.startswith("[")
    )


PublishedPort = Annotated[
    str,
    BeforeValidator(_check_port),
    WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 1, "maximum": 65535}, {"type": "string"}]}),
]
"""`ADDRESS:HOST_PORT:PORT`. Without an address it is that of the host itself, as Docker's rules go before a firewall's."""
