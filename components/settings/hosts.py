"""Hosts and the users on them."""

import ipaddress
import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator

from .values import format_value

LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
SERVER = re.compile(r"(?P<host>[A-Za-z0-9.-]+)(:(?P<port>\d{1,5}))?")
USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,31}")


def is_host(value: str) -> bool:
    """Return whether a string is an IP address or a host name."""
    # Digits and dots alone can only be an address.
    if ":" in value or not value.strip("0123456789."):
        try:
            ipaddress.ip_address(value)
        except ValueError:
            return False
        return "%" not in value
    return len(value) <= 253 and all(LABEL.fullmatch(label) for label in value.split("."))


def canonical_host(host: str) -> str:
    """Return the spelling that stands for all spellings of a host name or an IP address. No name is looked up."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host.lower()
    # SSH to ::ffff:192.0.2.1 reaches 192.0.2.1.
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)


def is_server(value: str) -> bool:
    """Return whether a string is a host with or without a port."""
    found = SERVER.fullmatch(value)
    return found is not None and is_host(found["host"]) and 1 <= int(found["port"] or 1) <= 65535


def _check_host(value: str) -> str:
    if is_host(value):
        return value
    user, _, rest = value.rpartition("@")
    hint = "; set the user in ssh.users" if user and is_host(rest) else ""
    hint = hint or ("; set the port in ssh.ports" if is_server(value) else "")
    raise ValueError(f"must be a host name or an IP address, not {format_value(value)}{hint}")


def _refuse_tags(value: Any) -> Any:
    # A host with tags is a mapping, as in Kamal. `split_tags` has taken the valid ones apart.
    if isinstance(value, Mapping):
        raise ValueError(f"must be HOST or, in the hosts of a role, HOST: TAG, not {format_value(value)}")
    return value


def split_tags(entries: Any) -> tuple[Any, dict[str, tuple[str, ...]]]:
    """Return the hosts of a role without their tags, and the tags of each host that has some.

    Args:
        entries: What the settings have as hosts: `HOST`, `HOST: TAG` or `HOST: [TAG, …]` each. Another entry stays as it is.
    """
    if not isinstance(entries, list | tuple):
        return entries, {}
    hosts: list[Any] = []
    tags: dict[str, tuple[str, ...]] = {}
    for entry in entries:
        host, given = next(iter(entry.items())) if isinstance(entry, Mapping) and len(entry) == 1 else (entry, ())
        given = (given,) if isinstance(given, str) else given
        if not isinstance(given, list | tuple) or not all(isinstance(tag, str) for tag in given):
            host, given = entry, ()
        hosts.append(host)
        if given:
            tags[host] = (*tags.get(host, ()), *given)
    return hosts, tags


def _check_server(value: str) -> str:
    if not is_server(value):
        raise ValueError(
            f"must be a host name with or without a port (ghcr.io, 10.0.0.5:5000), not {format_value(value)}"
        )
    return value


def _check_user(value: str) -> str:
    if not USER.fullmatch(value):
        raise ValueError(f"must be a user name, not {format_value(value)}")
    return value


HostName = Annotated[str, BeforeValidator(_refuse_tags), AfterValidator(_check_host)]
Server = Annotated[str, AfterValidator(_check_server)]
UserName = Annotated[str, AfterValidator(_check_user)]
