"""Checks of accessories that involve roles, other accessories, secrets or files."""

from collections.abc import Iterator
from pathlib import Path

from .hosts import canonical_host
from .problem import Problem
from .published_port import PortNumbers
from .settings import Settings
from .ssl import SslSettings

PROXY_CONTAINER = "kamal-proxy"


def hosts_of_accessories(settings: Settings) -> Iterator[tuple[str, str]]:
    """Yield the hosts that the accessories name, each with its path."""
    for name, accessory in settings.accessories.items():
        if accessory.host:
            yield f"accessories.{name}.host", accessory.host
        for number, host in enumerate(accessory.hosts):
            yield f"accessories.{name}.hosts[{number}]", host


def secrets_of_accessories(settings: Settings) -> Iterator[tuple[str, str]]:
    """Yield the secrets that the accessories refer to, each with its path."""
    for name, accessory in settings.accessories.items():
        path = f"accessories.{name}"
        registry = accessory.registry
        if registry and isinstance(registry.username, tuple):
            yield f"{path}.registry.username[0]", registry.username[0]
        if registry and registry.password:
            yield f"{path}.registry.password[0]", registry.password[0]
        for number, secret in enumerate(accessory.env.secret_names().values()):
            yield f"{path}.env.secret[{number}]", secret
        if accessory.proxy and isinstance(accessory.proxy.ssl, SslSettings):
            yield f"{path}.proxy.ssl.certificate_pem", accessory.proxy.ssl.certificate_pem[0]
            yield f"{path}.proxy.ssl.private_key_pem", accessory.proxy.ssl.private_key_pem[0]


def check_accessory_files(settings: Settings, project_dir: Path) -> Iterator[Problem]:
    """Yield files of accessories that are not there."""
    for name, accessory in settings.accessories.items():
        for number, file in enumerate(accessory.files):
            path = project_dir / file.local
            if path.is_dir():
                yield Problem(f"accessories.{name}.files[{number}]", f'"{file.local}" is a folder; list its files')
            elif not path.is_file():
                yield Problem(
                    f"accessories.{name}.files[{number}]", f'there is no file "{file.local}" in {project_dir}'
                )


def check_accessories(settings: Settings) -> Iterator[Problem]:
    """Yield accessories that run nowhere, or get in each other's or a role's way."""
    tags = {tag for role in settings.servers.values() for given in role.tags.values() for tag in given}
    for name, accessory in settings.accessories.items():
        path = f"accessories.{name}"
        for role in accessory.role_names():
            if role not in settings.servers:
                yield Problem(
                    f"{path}.role", f'"{role}" is not one of the roles: {", ".join(sorted(settings.servers))}'
                )
        for tag in accessory.tag_names():
            if tag not in tags:
                known = f"tags are {', '.join(sorted(tags))}" if tags else "no host has a tag"
                yield Problem(f"{path}.tag", f'no host has the tag "{tag}"; {known}')
        if name in settings.servers:
            yield Problem(path, "is also the name of a role; choose another name")
        if f"{name}-accessory" in settings.servers:
            yield Problem(path, f"cannot have this name beside a role called {name}-accessory")
    yield from _check_services(settings)
    yield from _check_ports(settings)


def _check_services(settings: Settings) -> Iterator[Problem]:
    """Yield accessories whose container or route would have the name of another one on the same host."""
    names = {
        (canonical_host(host), "-".join(part for part in (settings.service, role, settings.destination) if part)): (
            f"the route of role {role}"
        )
        for role, role_settings in settings.servers.items()
        for host in role_settings.hosts
    }
    for name in settings.accessories:
        service = settings.accessory_service(name)
        if service == PROXY_CONTAINER:
            yield Problem(
                f"accessories.{name}", f"would be called {service}, as kamal-proxy's container; set its service"
            )
        for host in settings.accessory_hosts(name):
            other = names.setdefault((canonical_host(host), service), f"accessory {name}")
            if other != f"accessory {name}":
                yield Problem(
                    f"accessories.{name}", f"would be called {service} on {host}, as is {other}; set its service"
                )


def _check_ports(settings: Settings) -> Iterator[Problem]:
    """Yield ports of a host that two accessories want. An accessory is stopped before its next container starts."""
    taken: dict[tuple[str, str], str] = {}
    for name, accessory in settings.accessories.items():
        ports = PortNumbers.parse(accessory.port) if accessory.port else None
        for host in settings.accessory_hosts(name) if ports else ():
            other = taken.setdefault((canonical_host(host), ports.outside if ports else ""), name)
            if ports and other != name:
                yield Problem(f"accessories.{name}.port", f"{ports.outside} of {host} is the port of accessory {other}")
