"""Whether an app may be deployed to a host: nobody else's app, container or route has its names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Optional

from .owner import Owner
from .result import AppFacts, RouteFacts

TAKE_OVER = "or take it over (pulumi config set deploy:take_over true)"


def conflicts(
    app: str,
    owner: Owner,
    prefixes: Mapping[str, str],
    apps: Sequence[AppFacts],
    accessories: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[str]:
    """Yield why an app may not be deployed to a host, each with what to do.

    An app whose owner nobody has noted is of an earlier release, and is taken for this owner's where it has the same name.

    Args:
        app: The app's name: service-destination.
        owner: The deploy that wants it.
        prefixes: By role that it has on the host, the beginning of its containers' names, which also names its route.
        apps: The apps that are on the host.
        accessories: By accessory that it has on the host, the name of its container.
    """
    own = next((each for each in apps if each.app == app), None)
    if own:
        yield from _same_app(owner, own)
    # A role whose route another one has taken over has another name for its own since.
    routes = {**prefixes, **(own.routes if own else {})}
    for other in apps:
        if other is not own and not (other.owner and owner.id and other.owner.id == owner.id):
            yield from _same_names(prefixes, routes, other)
            yield from _same_accessories(accessories, other)


def other_identity(app: str, prefixes: Mapping[str, str], apps: Sequence[AppFacts]) -> str:
    """Return why an app cannot be deployed where one of another service and destination has its name, "" where none has.

    Service "shop" with destination "eu" and service "shop-eu" without one are both called "shop-eu", whoever owns them. The
    host keeps one record a role, and finds its containers by service, role and destination.

    Args:
        app: The app's name: service-destination.
        prefixes: By role that it has on the host, the beginning of its containers' names.
        apps: The apps that are on the host.
    """
    found = next((each for each in apps if each.app == app), None)
    for role in sorted(prefixes.keys() & found.prefixes.keys()) if found else ():
        if found and prefixes[role] != found.prefixes[role]:
            return (
                f"the app {app} is there as another service and destination, whose containers are called "
                f"{found.prefixes[role]}. It cannot be taken over under the same name: deploy under another service or "
                "destination"
            )
    return ""


def other_service(accessory: str, service: str, found: str) -> str:
    """Return why an accessory's container cannot have another name than the one that is there, "" where it has the same.

    That one would run on, and its data stay behind.

    Args:
        accessory: The accessory.
        service: The name that is wanted.
        found: The name of the container that the host has of it.
    """
    if found == service:
        return ""
    return (
        f"accessory {accessory} runs as {found} here, with its data in ~/{found}. Set accessories.{accessory}.service to "
        f"{found}; or give the accessory another name: then the one that runs goes, its data stays, and the new one starts "
        "without any"
    )


def used_by_others(app: str, owner: Owner, apps: Sequence[AppFacts]) -> list[str]:
    """Return the apps of other owners, or of nobody who is known, that use kamal-proxy and the network, too.

    The folder of a deploy that was refused has no roles and no accessories. What an app with a damaged record has, nobody knows.

    Args:
        app: The app's name.
        owner: Its owner.
        apps: The apps that are on the host.
    """
    return [
        other.app
        for other in apps
        if other.app != app
        and (other.prefixes or other.accessories or other.damaged)
        and not (other.owner and other.owner.is_same(owner))
    ]


def unknown_routes(prefixes: Mapping[str, str], apps: Sequence[AppFacts], routes: Iterable[str]) -> list[str]:
    """Return the routes of kamal-proxy that are of none of the apps that the host remembers: of apps that Kamal deploys.

    Args:
        prefixes: By role that the deployed app has on the host, the usual name of its route.
        apps: The apps that are on the host.
        routes: The names of kamal-proxy's routes.
    """
    known = set(prefixes.values())
    for app in apps:
        # The route of an accessory is called as its container is.
        known |= {*app.routes.values(), *app.prefixes.values(), *app.accessories.values()}
    return sorted(set(routes) - known)


def stack_of(owner: Optional[Owner]) -> str:
    """Return whose an app is, for a message."""
    return f"stack {owner.stack}" if owner else "a stack that nobody has noted"


def requests_in_conflict(hosts: Sequence[str], paths: Sequence[str], route: RouteFacts) -> str:
    """Return which requests kamal-proxy would refuse to route as well as a route does, in words; "" for none.

    It compares host names and path prefixes exactly (service_map.go, CheckAvailability), the latter without slashes around
    them (NormalizePathPrefixes).

    Args:
        hosts: The host names that are wanted; none for all.
        paths: The path prefixes that are wanted, "/" for all.
        route: The route that is there.
    """
    there = _normalized(route.paths)
    prefix = next((path for path in _normalized(paths) if path in there), "")
    common = [host for host in hosts or ("",) if host in (route.hosts or ("",))]
    if not common or not prefix:
        return ""
    return (f"requests for {common[0]}" if common[0] else "all requests") + (
        f" below {prefix}" if prefix != "/" else ""
    )


def are_all_requests_of(hosts: Sequence[str], paths: Sequence[str], route: RouteFacts) -> bool:
    """Return whether wanted requests are the very ones that a route has: then it can change hands as it is.

    Args:
        hosts: The host names that are wanted; none for all.
        paths: The path prefixes that are wanted, "/" for all.
        route: The route that is there.
    """
    return set(hosts) == set(route.hosts) and set(_normalized(paths)) == set(_normalized(route.paths))


def _normalized(paths: Sequence[str]) -> list[str]:
    return ["/" + path.strip("/") for path in paths]


def _same_app(owner: Owner, found: AppFacts) -> Iterator[str]:
    if found.owner and not found.owner.is_same(owner):
        yield (
            f"the app {found.app} belongs to stack {found.owner.stack}. Deploy under another service or destination, "
            f"{TAKE_OVER}"
        )


def _same_names(prefixes: Mapping[str, str], routes: Mapping[str, str], other: AppFacts) -> Iterator[str]:
    containers = {prefix: role for role, prefix in other.prefixes.items()}
    routed = {name: role for role, name in other.routes.items()}
    for role, prefix in sorted(prefixes.items()):
        holder = containers.get(prefix) or routed.get(routes[role])
        if holder:
            yield (
                f"role {role} would be called {prefix}, as is role {holder} of the app {other.app} "
                f"of {stack_of(other.owner)}. Choose another service, role or destination, {TAKE_OVER}"
            )


def _same_accessories(accessories: Mapping[str, str], other: AppFacts) -> Iterator[str]:
    """Yield accessories that would have the container's name of another app's, or the name of its route."""
    taken = {service: f"accessory {name}" for name, service in other.accessories.items()}
    taken.update((route, f"the route of role {role}") for role, route in other.routes.items())
    for name, service in sorted(accessories.items()):
        if service in taken:
            yield (
                f"accessory {name} would be called {service}, as is {taken[service]} of the app {other.app} of "
                f"{stack_of(other.owner)}. Set accessories.{name}.service, {TAKE_OVER}"
            )
