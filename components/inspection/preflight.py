"""What keeps a deploy from a host, found before anything is changed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ..host_tool.host_checks import lack_of_room
from ..host_tool.ownership import (
    TAKE_OVER,
    are_all_requests_of,
    conflicts,
    other_identity,
    other_service,
    requests_in_conflict,
    stack_of,
)
from ..host_tool.proxy_container import lacks_ports
from ..host_tool.result import AppFacts, HostFacts, RouteFacts
from .kamal import kamal_lock, kamal_warnings, other_destination
from .proxy_action import proxy_action
from .wanted import Wanted, WantedAccessory, WantedRole


@dataclass(frozen=True)
class Preflight:
    """What was found on a host.

    Attributes:
        problems: What the deploy would fail at, each with what to do.
        foreign: What belongs to another owner, likewise.
        warnings: What it may have to wait for, and what is not known.
        lack: Why the host has no room for an image, with what to do; "" where it has. A problem where one has to be pulled.
    """

    problems: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    lack: str = ""


@dataclass(frozen=True)
class Move:
    """Requests that go to a role, and are to go to another one of the app.

    Attributes:
        taker: The role that wants them.
        holder: The role that has them.
        service: The name of its route.
        requests: The requests in words.
    """

    taker: str
    holder: str
    service: str
    requests: str


def preflight(wanted: Wanted, facts: HostFacts) -> Preflight:
    """Check whether a host is ready for what the settings want of it.

    Args:
        wanted: What the settings want on the host.
        facts: What the host says.
    """
    return Preflight(
        problems=(
            *_machine(wanted, facts),
            *kamal_lock(wanted, facts),
            *_other_identity(wanted, facts),
            *_other_services(wanted, facts),
            *_exchanged_routes(wanted, facts),
        ),
        foreign=() if wanted.take_over else (*_apps(wanted, facts), *_routes(wanted, facts)),
        warnings=(
            *_installs(wanted, facts),
            *_damaged(wanted, facts),
            *_locks(facts),
            *kamal_warnings(wanted, facts),
        ),
        lack=lack_of_room(facts.free_mb, "where Docker keeps its data"),
    )


def same_machines(facts: Mapping[str, HostFacts]) -> dict[str, str]:
    """Return the hosts that are the same machine as one before them, under another name, each with what to do.

    Args:
        facts: By host, what it says.
    """
    first: dict[str, str] = {}
    found: dict[str, str] = {}
    for host, known in facts.items():
        twin = first.setdefault(known.machine_id, host)
        if known.machine_id and twin != host:
            found[host] = f"it is the same machine as {twin}. Name it once in servers"
    return found


def will_install_docker(wanted: Wanted, facts: HostFacts) -> bool:
    """Return whether Docker is missing on a host, and the settings have it installed."""
    return wanted.docker_install and facts.install_problem is not None


def _machine(wanted: Wanted, facts: HostFacts) -> Iterator[str]:
    if will_install_docker(wanted, facts):
        if facts.install_problem:
            yield facts.install_problem
    elif facts.docker_problem:
        yield facts.docker_problem
    yield from _ports(wanted, facts)


def _ports(wanted: Wanted, facts: HostFacts) -> Iterator[str]:
    """Yield why kamal-proxy cannot have the ports that the settings want."""
    run, proxy, action = wanted.proxy, facts.proxy, proxy_action(wanted, facts)
    if not run:
        return
    if proxy and action == "keep other" and lacks_ports(proxy, run):
        yield (
            f"kamal-proxy has the ports {', '.join(map(str, proxy.ports))} where proxy.run says {run.http_port} and "
            f"{run.https_port}, and apps of other stacks use it. Set the same ports, or replace it for all of them "
            "(pulumi config set --path deploy:proxy.run.replace true)"
        )
    elif not proxy or proxy.state != "running" or action == "replace":
        for port, holder in facts.taken_ports.items():
            yield (
                f"port {port}, which kamal-proxy needs, is taken by {holder}. Stop that, or choose another port "
                "(proxy.run.http_port, proxy.run.https_port)"
            )


def _other_identity(wanted: Wanted, facts: HostFacts) -> Iterator[str]:
    if found := other_identity(wanted.app, _prefixes(wanted), facts.apps):
        yield found


def _other_services(wanted: Wanted, facts: HostFacts) -> Iterator[str]:
    for name in sorted(wanted.accessories.keys() & facts.accessories.keys()):
        if found := other_service(name, wanted.accessories[name].service, facts.accessories[name].service):
            yield found


def _apps(wanted: Wanted, facts: HostFacts) -> Iterator[str]:
    services = {name: accessory.service for name, accessory in wanted.accessories.items()}
    yield from conflicts(wanted.app, wanted.owner, _prefixes(wanted), facts.apps, services)


def _prefixes(wanted: Wanted) -> dict[str, str]:
    return {name: role.prefix for name, role in wanted.roles.items()}


def _exchanged_routes(wanted: Wanted, facts: HostFacts) -> Iterator[str]:
    """Yield routes that a role wants and another role of the app has, which stays and gets others.

    Both switch at the same time, and kamal-proxy refuses the first one that wants what the other still has. Only where each
    route goes as a whole to a role whose own route goes to another one, they change hands one by one.
    """
    own = next((app for app in facts.apps if app.app == wanted.app), None)
    moves = [
        Move(name, holder, service, requests)
        for holder, service in sorted(own.routes.items() if own else ())
        if holder in wanted.roles
        for name, requests in _in_conflict(wanted.roles, service, facts)
        if name != holder
    ]
    if sorted(move.taker for move in moves) == sorted(move.holder for move in moves) and all(
        _goes_as_a_whole(wanted.roles[move.taker], (facts.routes or {})[move.service]) for move in moves
    ):
        return
    for move in moves:
        yield (
            f"{move.requests} go to role {move.holder}, and are to go to role {move.taker} from now on. That takes two "
            f"deploys: take them from {move.holder} in the first one, give them to {move.taker} in the second one"
        )


def _goes_as_a_whole(taker: WantedRole, route: RouteFacts) -> bool:
    return are_all_requests_of(taker.hosts, taker.paths, route)


def _routes(wanted: Wanted, facts: HostFacts) -> Iterator[str]:
    """Yield routes of others that kamal-proxy would refuse to move: the same host name with the same path."""
    for service in sorted(facts.routes or {}):
        holder = next((app for app in facts.apps if _has_route(app, service)), None)
        if _may_move(wanted, service, holder):
            continue
        whose = f"of {stack_of(holder.owner)}" if holder else "which this program has not deployed"
        # First: the other remedies do not help where it is the same app with another destination.
        hint = "" if holder else other_destination(wanted, facts)
        for _, requests in _in_conflict({**wanted.roles, **wanted.accessories}, service, facts):
            yield (
                f"{requests} are routed to {service}, {whose}. {f'{hint}. Else choose' if hint else 'Choose'} another "
                f"proxy.host or proxy.path_prefix, {TAKE_OVER}"
            )


def _has_route(app: AppFacts, service: str) -> bool:
    return service in app.routes.values() or service in app.accessories.values()


def _in_conflict(
    takers: Mapping[str, WantedRole | WantedAccessory], service: str, facts: HostFacts
) -> Iterator[tuple[str, str]]:
    """Yield the roles and accessories that want requests that a route has, with those requests in words."""
    route = (facts.routes or {}).get(service)
    for name, taker in takers.items():
        requests = requests_in_conflict(taker.hosts, taker.paths, route) if route and taker.proxied else ""
        if requests:
            yield name, requests


def _may_move(wanted: Wanted, service: str, holder: AppFacts | None) -> bool:
    """Return whether a route is this app's, or of a former name of it."""
    if holder is None:
        return service in {
            *(role.prefix for role in wanted.roles.values()),
            *(accessory.service for accessory in wanted.accessories.values()),
        }
    return holder.app == wanted.app or bool(holder.owner and wanted.owner.id and holder.owner.id == wanted.owner.id)


def _installs(wanted: Wanted, facts: HostFacts) -> Iterator[str]:
    if will_install_docker(wanted, facts) and not facts.install_problem:
        yield "Docker is missing there: the package docker.io is installed first"


def _damaged(wanted: Wanted, facts: HostFacts) -> Iterator[str]:
    for app in facts.apps:
        for path, problem in app.damaged.items() if app.app != wanted.app else ():
            yield (
                f"the file ~/{path} {problem}: what the app {app.app} has on this host is not known. Remove the file, then "
                f"deploy {app.app} again"
            )


def _locks(facts: HostFacts) -> Iterator[str]:
    for held in facts.held_locks:
        yield f"{held}: this deploy waits for it"
