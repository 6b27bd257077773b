"""Why the steps of a host have to run again: what the host says, against what the state's steps last said.

Each reason is a sentence that differs from the one for the next such event, by the id of a container for example. It becomes an
input of the steps, and the same sentence again would not have them run.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ..host_tool.ownership import stack_of
from ..host_tool.proxy_options import differing_options
from ..host_tool.result import ContainerFacts, HostFacts, ProxyFacts, RoleFacts, RouteFacts
from ..host_tool.spec import NO_SECRETS, ProxyRunSpec, RouteSpec
from .accessory_reasons import AccessoryReasons, accessory_reasons
from .preflight import will_install_docker
from .proxy_action import proxy_action
from .route_drift import https_drift, route_reasons
from .state import HostState, RoleState
from .wanted import Wanted, WantedRole

UNKNOWN = "this app is not known on the host any more"


@dataclass(frozen=True)
class RoleReasons:
    """Why the steps of a role have to run again.

    Attributes:
        secrets: Why its secrets and the registry's login have to be left again; "" if they are there.
        certificate: Why its own TLS certificate has to be left again; "" if it is there.
        release: Why its container has to be started and switched to again; "" if it is as the last deploy left it.
    """

    secrets: str = ""
    release: str = ""
    certificate: str = ""


@dataclass(frozen=True)
class HostReasons:
    """Why the steps of a host have to run again.

    Attributes:
        prepare: Why it has to be prepared again; "" if it is as it should be.
        roles: The same of its roles, by name.
        replaces_proxy: Whether its kamal-proxy will be replaced, which interrupts its requests for a moment.
        warnings: What no step puts right.
        accessories: Why the steps of its accessories have to run again, by name.
    """

    prepare: str = ""
    roles: Mapping[str, RoleReasons] = field(default_factory=dict)
    replaces_proxy: bool = False
    warnings: tuple[str, ...] = ()
    accessories: Mapping[str, AccessoryReasons] = field(default_factory=dict)


def reasons(wanted: Wanted, state: HostState, facts: HostFacts) -> HostReasons:
    """Compare what a host says with what the settings want of it, and with what its steps last said.

    A step that the state does not have runs anyway, and has no reason. A step whose output the state has from an earlier
    release of this program, and cannot read, runs anyway, too: it is judged by the host's own records.

    Args:
        wanted: What the settings want on the host.
        state: What its steps last said.
        facts: What it says.
    """
    if facts.docker_problem and not will_install_docker(wanted, facts):
        # Nothing is known of the network, of kamal-proxy and of the containers.
        return HostReasons()
    action = proxy_action(wanted, facts)
    return HostReasons(
        prepare=next(_host_reasons(wanted, state, facts, action), "") if state.prepared else "",
        roles={
            name: RoleReasons(
                secrets=next(_secrets_reasons(name, wanted, state.roles[name], facts), ""),
                release=next(_release_reasons(name, role, state.roles[name], facts), ""),
                certificate=next(_certificate_reasons(name, state.roles[name], facts), ""),
            )
            for name, role in wanted.roles.items()
            if name in state.roles
        },
        replaces_proxy=action == "replace" or (wanted.proxy is not None and facts.replacing),
        warnings=tuple(_warnings(wanted, facts, action)),
        accessories={
            name: accessory_reasons(name, accessory, state.accessories[name], facts)
            for name, accessory in wanted.accessories.items()
            if name in state.accessories
        },
    )


def _host_reasons(wanted: Wanted, state: HostState, facts: HostFacts, action: str) -> Iterator[str]:
    app = next((app for app in facts.apps if app.app == wanted.app), None)
    if not facts.prepared or not app:
        yield UNKNOWN
    elif wanted.owner.id and not (app.owner and app.owner.id == wanted.owner.id):
        yield f"the app {wanted.app} belongs to {stack_of(app.owner)} on the host"
    elif not app.resource:
        yield f"nothing keeps the app {wanted.app} from being torn down"
    if not facts.tool:
        yield "the host tool of this release of the program is missing"
    if not facts.network:
        yield "the network kamal is gone"
    if wanted.proxy:
        yield from _proxy_reasons(wanted.proxy, state, facts.proxy, action, replacing=facts.replacing)


def _proxy_reasons(
    wanted: ProxyRunSpec, state: HostState, proxy: ProxyFacts | None, action: str, *, replacing: bool
) -> Iterator[str]:
    container = proxy.id if proxy else state.proxy
    named = f"kamal-proxy (container {container[:8]})" if container else "kamal-proxy"
    if replacing:
        yield f"a replacement of {named} was interrupted"
    if not proxy:
        yield f"{named} is gone"
        return
    if proxy.state != "running":
        yield f"{named} is not running ({proxy.state} since {proxy.since})"
    if action == "replace":
        same = proxy.image == wanted.image
        how = "with other options than proxy.run has" if same else f"as {_short(proxy.image)}, not as proxy.run says"
        yield f"{named} runs {how}"


def _secrets_reasons(name: str, wanted: Wanted, state: RoleState, facts: HostFacts) -> Iterator[str]:
    role = facts.roles.get(name)
    if state.secrets_hash != NO_SECRETS and state.secrets_hash not in (role.secrets if role else ()):
        yield f"the secrets {state.secrets_hash[:8]} of {name} are gone"
    if wanted.login and not facts.login:
        yield f"the registry's login is gone, which {name} needs"


def _certificate_reasons(name: str, state: RoleState, facts: HostFacts) -> Iterator[str]:
    role = facts.roles.get(name)
    if state.certificate_hash and state.certificate_hash not in (role.certificates if role else ()):
        yield f"the certificate {state.certificate_hash[:8]} of {name} is gone"


def _release_reasons(name: str, wanted: WantedRole, state: RoleState, facts: HostFacts) -> Iterator[str]:
    role = facts.roles.get(name)
    if role is None or not role.current:
        if state.container:
            yield f"nothing is known of {name} on the host any more (container {state.container[:8]})"
        elif state.candidate and not (role and role.host):
            yield f"nothing is known of {name} on the host any more (release {state.candidate[:8]})"
        return
    if role.switching:
        yield f"a switch of {name} to version {role.switching} was interrupted"
    if role.container is None:
        if state.container and role.current == state.release:
            yield f"container {state.container[:8]} of {name} is gone"
        else:
            yield f"the container of version {role.version} of {name} is gone"
    else:
        yield from _container_reasons(name, state, role, role.container)
        yield from _route_reasons(name, wanted, state, role, facts.routes)
    for stray in role.strays:
        if not stray.routed and stray.release == state.candidate != state.release:
            # An update has failed before its switch. The next one switches to it, or its candidate step removes it.
            continue
        what = "is routed to by kamal-proxy" if stray.routed else "runs"
        yield f"container {stray.id[:8]} of version {stray.version} of {name} {what} beside the current one"


def _container_reasons(name: str, state: RoleState, role: RoleFacts, container: ContainerFacts) -> Iterator[str]:
    if state.container and role.current != state.release:
        yield (
            f"{name} runs version {role.version} (container {container.id[:8]}) where the last deploy left "
            f"{state.version} (container {state.container[:8]})"
        )
    elif state.container and container.id != state.container:
        yield f"container {state.container[:8]} of {name} was replaced by {container.id[:8]}"
    if container.state != "running":
        yield f"container {container.id[:8]} of {name} is not running ({container.state} since {container.since})"


def _route_reasons(
    name: str, wanted: WantedRole, state: RoleState, role: RoleFacts, routes: Mapping[str, RouteFacts] | None
) -> Iterator[str]:
    container = role.container
    if container is None:
        return
    named = f"container {container.id[:8]} of {name}"
    if not wanted.proxied:
        if container.routed:
            yield f"kamal-proxy routes to {named}, which has no proxy"
        return
    yield from route_reasons(named, container.id, role.route, routes, state.route)
    route = (routes or {}).get(role.route)
    if route and state.route:
        yield from _answer_reasons(named, state.route, route, in_maintenance=state.in_maintenance)
    for lost in role.lost_files:
        yield f"kamal-proxy has lost {lost}, which it needs for {named}"


def _answer_reasons(named: str, told: RouteSpec, route: RouteFacts, *, in_maintenance: bool) -> Iterator[str]:
    """Yield how kamal-proxy answers otherwise than the last switch has told it."""
    if in_maintenance and route.state != "stopped":
        yield f"kamal-proxy passes requests on to {named}, where the last deploy left a maintenance"
    if not in_maintenance and route.state != "running":
        yield f"kamal-proxy has {route.state} the requests for {named}, where the last deploy left no maintenance"
    if drift := https_drift(named, route, told):
        yield drift


def _warnings(wanted: Wanted, facts: HostFacts, action: str) -> Iterator[str]:
    roles = [(name, facts.roles.get(name)) for name in wanted.roles]
    accessories = [(name, facts.accessories.get(name)) for name in wanted.accessories]
    for name, found in (*roles, *accessories):
        container = found and found.container
        if container and container.health == "unhealthy":
            yield f"container {container.id[:8]} of {name} is unhealthy by its own health check: see docker logs {container.name}"
    if action == "replace" and facts.proxy and facts.proxy.state == "running":
        yield "kamal-proxy will be replaced: requests to this host fail for about a second. Hosts are done one after the other"
    if action == "keep other" and facts.proxy:
        yield (
            f"kamal-proxy stays as it is ({_short(facts.proxy.image)}) though proxy.run says otherwise, because apps of "
            "other stacks use it. To replace it all the same: pulumi config set --path deploy:proxy.run.replace true"
        )
    if action == "keep" and facts.proxy and wanted.proxy and (keys := differing_options(facts.proxy, wanted.proxy)):
        yield (
            f"kamal-proxy stays as Kamal has booted it, though proxy.run has other values ({', '.join(keys)}). To replace it: "
            "pulumi config set --path deploy:proxy.run.replace true. Requests to this host fail for about a second then"
        )


def _short(image: str) -> str:
    return image.rpartition("/")[2]
