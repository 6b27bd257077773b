"""What the settings want on a host, to be compared with what the host says."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..host_tool.identity import RoleIdentity
from ..host_tool.owner import Owner
from ..host_tool.spec import ProxyRunSpec
from ..naming import app_name
from ..proxy import run_spec
from ..settings import ResolvedAccessory, ResolvedRole, Settings


@dataclass(frozen=True)
class WantedRole:
    """A role as a host is to have it.

    Attributes:
        prefix: The beginning of its containers' names, and the usual name of its route.
        hosts: The host names that are routed to it; empty for all.
        paths: The path prefixes, "/" for all paths.
        proxied: Whether it gets requests.
    """

    prefix: str
    hosts: tuple[str, ...]
    paths: tuple[str, ...]
    proxied: bool


@dataclass(frozen=True)
class WantedAccessory:
    """An accessory as a host is to have it.

    Attributes:
        service: The name of its container and its route.
        hosts: The host names that are routed to it; empty for all.
        paths: The path prefixes, "/" for all paths.
        proxied: Whether it gets requests.
        login: Whether the registry of its image needs a login.
    """

    service: str
    hosts: tuple[str, ...]
    paths: tuple[str, ...]
    proxied: bool
    login: bool


@dataclass(frozen=True)
class Wanted:
    """What a deploy wants on one host.

    Attributes:
        host: The host as the settings spell it.
        app: The app's name on the host.
        service: The app.
        destination: Its destination, "" for none.
        owner: Whose it is. The id is "" where it is not known yet: a new stack, or an engine that does not tell its state.
        roles: The roles by name.
        proxy: kamal-proxy as the settings want it, None where nothing gets requests.
        login: Whether the registry needs a login.
        take_over: Whether an app or route of another owner is taken over.
        docker_install: Whether Docker is installed where it is missing.
        accessories: The accessories by name.
    """

    host: str
    app: str
    service: str
    destination: str
    owner: Owner
    roles: Mapping[str, WantedRole]
    proxy: ProxyRunSpec | None
    login: bool
    take_over: bool
    docker_install: bool = False
    accessories: Mapping[str, WantedAccessory] = field(default_factory=dict)


def wanted_on(host: str, settings: Settings, owner: Owner) -> Wanted:
    """Return what the settings want on a host.

    Args:
        host: The host as the settings spell it.
        settings: The settings of the deploy.
        owner: Whose the app is.
    """
    roles = settings.roles_on(host)
    return Wanted(
        host=host,
        app=app_name(settings.service, settings.destination),
        service=settings.service,
        destination=settings.destination,
        owner=owner,
        roles={role.name: _wanted_role(role, settings) for role in roles},
        proxy=run_spec(settings.proxy.run) if settings.needs_proxy(host) else None,
        login=settings.registry_login is not None,
        take_over=settings.take_over,
        docker_install=settings.docker_install,
        accessories={each.name: _wanted_accessory(each) for each in settings.accessories_on(host)},
    )


def _wanted_role(role: ResolvedRole, settings: Settings) -> WantedRole:
    proxy = role.proxy
    return WantedRole(
        prefix=RoleIdentity(settings.service, role.name, settings.destination).prefix,
        hosts=proxy.all_hosts() if proxy else (),
        paths=proxy.all_paths() if proxy else ("/",),
        proxied=proxy is not None,
    )


def _wanted_accessory(accessory: ResolvedAccessory) -> WantedAccessory:
    proxy = accessory.settings.proxy
    return WantedAccessory(
        service=accessory.service,
        hosts=proxy.all_hosts() if proxy else (),
        paths=proxy.all_paths() if proxy else ("/",),
        proxied=proxy is not None,
        login=accessory.login is not None,
    )
