"""What keeps a deploy from a host, found before anything is changed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ..host_tool.host_checks import LEAST_FREE
from ..host_tool.ownership import TAKE_OVER, conflicts, requests_in_conflict, stack_of
from ..host_tool.proxy_container import lacks_ports
from ..host_tool.result import AppFacts, HostFacts
from .proxy_action import proxy_action
from .wanted import Wanted


@dataclass(frozen=True)
class Preflight:
    """What was found on a host.

    Attributes:
        problems: What the deploy would fail at, each with what to do.
        foreign: What belongs to another owner, likewise.
        warnings: What it may have to wait for.
    """

    problems: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def preflight(wanted: Wanted, facts: HostFacts) -> Preflight:
    """Check whether a host is ready for what the settings want of it.

    Args:
        wanted: What the settings want on the host.
        facts: What the host says.
    """
    return Preflight(
        problems=(*_machine(wanted, facts), *_exchanged_routes(wanted, facts)),
        foreign=() if wanted.take_over else (*_apps(wanted, facts), *_routes(wanted, facts)),
        warnings=tuple(_locks(facts)),
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


def _machine(wanted: Wanted, facts: HostFacts) -> Iterator[str]:
    if facts.docker_problem:
        yield facts.docker_problem
    if facts.free_mb is not None and facts.free_mb < LEAST_FREE:
        yield (
            f"only {facts.free_mb} MB are free where Docker keeps its data, {LEAST_FREE} MB are needed. Make room there "
            "(docker system df)"
        )
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


def _apps(wanted: Wanted, facts: HostFacts) -> Iterator[str]:
    prefixes = {name: role.prefix for name, role in wanted.roles.items()}
    yield from conflicts(wanted.app, wanted.owner, prefixes, facts.apps)


def _exchanged_routes(wanted: Wanted, facts: HostFacts) -> Iterator[str]:
    """Yield routes that a role wants and another role of the app has, which stays and gets others.

    Both switch at the same time, and kamal-proxy refuses the first one that wants what the other still has.
    """
    own = next((app for app in facts.apps if app.app == wanted.app), None)
    for holder, service in sorted(own.routes.items() if own else ()):
        if holder in wanted.roles:
            for name, requests in _in_conflict(wanted, service, facts):
                if name != holder:
                    yield (
                        f"{requests} go to role {holder}, and are to go to role {name} from now on. That takes two "
                        f"deploys: take them from {holder} in the first one, give them to {name} in the second one"
                    )


def _routes(wanted: Wanted, facts: HostFacts) -> Iterator[str]:
    """Yield routes of others that kamal-proxy would refuse to move: the same host name with the same path."""
    for service in sorted(facts.routes or {}):
        holder = next((app for app in facts.apps if service in app.routes.values()), None)
        if _may_move(wanted, service, holder):
            continue
        whose = f"of {stack_of(holder.owner)}" if holder else "which this program has not deployed"
        for _, requests in _in_conflict(wanted, service, facts):
            yield (
                f"{requests} are routed to {service}, {whose}. Choose another proxy.host or proxy.path_prefix, "
                f"{TAKE_OVER}"
            )


def _in_conflict(wanted: Wanted, service: str, facts: HostFacts) -> Iterator[tuple[str, str]]:
    """Yield the roles that want requests that a route has, with those requests in words."""
    route = (facts.routes or {}).get(service)
    for name, role in wanted.roles.items():
        requests = requests_in_conflict(role.hosts, role.path, route) if route and role.proxied else ""
        if requests:
            yield name, requests


def _may_move(wanted: Wanted, service: str, holder: AppFacts | None) -> bool:
    """Return whether a route is this app's, or of a former name of it."""
    if holder is None:
        return service in {role.prefix for role in wanted.roles.values()}
    return holder.app == wanted.app or bool(holder.owner and wanted.owner.id and holder.owner.id == wanted.owner.id)


def _locks(facts: HostFacts) -> Iterator[str]:
    for held in facts.held_locks:
        yield f"{held}: this deploy waits for it"
