"""Why the steps of an accessory have to run again: what the host says, against what its last step said."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ..host_tool.result import AccessoryFacts, ContainerFacts, HostFacts, RouteFacts
from ..host_tool.spec import NO_SECRETS
from .route_drift import https_drift, route_reasons
from .state import AccessoryState
from .wanted import WantedAccessory


@dataclass(frozen=True)
class AccessoryReasons:
    """Why the steps of an accessory have to run again.

    Attributes:
        secrets: Why its secrets and the login have to be left again; "" if they are there.
        certificate: Why its own TLS certificate has to be left again; "" if it is there.
        container: Why its container has to be put right; "" if it is as the last deploy left it.
    """

    secrets: str = ""
    container: str = ""
    certificate: str = ""


def accessory_reasons(name: str, wanted: WantedAccessory, state: AccessoryState, facts: HostFacts) -> AccessoryReasons:
    """Compare what a host says of an accessory with what the settings want, and with what its steps last said.

    Args:
        name: Its name.
        wanted: What the settings want.
        state: What its steps last said.
        facts: What the host says.
    """
    found = facts.accessories.get(name)
    return AccessoryReasons(
        secrets=next(_secrets_reasons(name, wanted, state, found), ""),
        container=next(_container_reasons(name, wanted, state, found, facts.routes), ""),
        certificate=next(_certificate_reasons(name, state, found), ""),
    )


def _secrets_reasons(
    name: str, wanted: WantedAccessory, state: AccessoryState, found: AccessoryFacts | None
) -> Iterator[str]:
    if state.secrets_hash != NO_SECRETS and state.secrets_hash not in (found.secrets if found else ()):
        yield f"the secrets {state.secrets_hash[:8]} of {name} are gone"
    if wanted.login and not (found and found.login):
        yield f"the login to the registry of {name} is gone"


def _certificate_reasons(name: str, state: AccessoryState, found: AccessoryFacts | None) -> Iterator[str]:
    if state.certificate_hash and state.certificate_hash not in (found.certificates if found else ()):
        yield f"the certificate {state.certificate_hash[:8]} of {name} is gone"


def _container_reasons(
    name: str,
    wanted: WantedAccessory,
    state: AccessoryState,
    found: AccessoryFacts | None,
    routes: Mapping[str, RouteFacts] | None,
) -> Iterator[str]:
    if not found or not found.release:
        if state.container:
            yield f"nothing is known of {name} on the host any more (container {state.container[:8]})"
        return
    if found.replacing:
        yield f"a replacement of {name} was interrupted"
    container = found.container
    if not container:
        yield f"container {state.container[:8]} of {name} is gone"
        return
    named = f"container {container.id[:8]} of {name}"
    if state.container and container.id != state.container:
        yield f"container {state.container[:8]} of {name} was replaced by {container.id[:8]}"
    if container.state != "running":
        yield f"{named} is not running ({container.state} since {container.since})"
    yield from _route_reasons(named, wanted, state, container, found, routes)


def _route_reasons(
    named: str,
    wanted: WantedAccessory,
    state: AccessoryState,
    container: ContainerFacts,
    found: AccessoryFacts,
    routes: Mapping[str, RouteFacts] | None,
) -> Iterator[str]:
    if not wanted.proxied:
        # Where the settings have just turned it off, the step runs anyway.
        return
    yield from route_reasons(named, container.id, found.service, routes, state.route)
    route = (routes or {}).get(found.service)
    if route and (tls := https_drift(named, route, state.route)):
        yield tls
    for lost in found.lost_files:
        yield f"kamal-proxy has lost {lost}, which it needs for {named}"
