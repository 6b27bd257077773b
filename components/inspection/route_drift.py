"""What kamal-proxy routes to a container, against what the last step was told."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from ..host_tool.proxy.client import leads_to
from ..host_tool.result import RouteFacts
from ..host_tool.spec import RouteSpec


def route_reasons(
    named: str, container_id: str, name: str, routes: Mapping[str, RouteFacts] | None, told: RouteSpec | None
) -> Iterator[str]:
    """Yield why kamal-proxy does not route to a container what the last step left.

    Args:
        named: The container, in words.
        container_id: Its id.
        name: The name of the route.
        routes: kamal-proxy's routes, None where it does not answer.
        told: What the last step was told, None where nobody knows.
    """
    if routes is None:
        yield f"kamal-proxy does not say whether it routes to {named}"
        return
    route = routes.get(name)
    if not route or not leads_to(container_id, route):
        yield f"kamal-proxy does not route to {named}"
    elif drift := _route_drift(route, told):
        # Not compared with the settings: where only those have changed, the step runs anyway.
        yield f"kamal-proxy routes {drift[0]} to {named}, where the last deploy left {drift[1]}"


def _route_drift(route: RouteFacts, told: RouteSpec | None) -> tuple[str, str] | None:
    """Return the requests of a route and those that the last step left, in words; None where they are the same."""
    if told is None:
        return None
    there, left = _requests(route.hosts, route.paths), _requests(told.hosts, told.paths)
    return None if there == left else (_in_words(*there), _in_words(*left))


def https_drift(named: str, route: RouteFacts, told: RouteSpec | None) -> str:
    """Return how a route answers over HTTPS otherwise than the last step left it, in words; "" where it does not.

    Args:
        named: What is routed to, in words.
        route: The route that is there.
        told: What the last step was told, None where nobody knows.
    """
    # Below a path it has what is above it.
    if told is None or "/" not in told.paths or route.tls == bool(told.ssl):
        return ""
    return f"kamal-proxy serves {'' if route.tls else 'no '}HTTPS for {named}, otherwise than the last deploy left it"


def _requests(hosts: Iterable[str], paths: Iterable[str]) -> tuple[list[str], list[str]]:
    """Return host names and path prefixes so that the same ones are equal. kamal-proxy has no slashes around the latter."""
    return sorted(set(hosts)), sorted({"/" + path.strip("/") for path in paths})


def _in_words(hosts: Sequence[str], paths: Sequence[str]) -> str:
    below = "" if paths == ["/"] else f" below {', '.join(paths)}"
    return (f"requests for {', '.join(hosts)}" if hosts else "all requests") + below
