"""Which requests kamal-proxy routes, against what the last step was told."""

from collections.abc import Iterable, Sequence

from ..host_tool.result import RouteFacts
from ..host_tool.spec import RouteSpec


def route_drift(route: RouteFacts, told: RouteSpec | None) -> tuple[str, str] | None:
    """Return the requests of a route and those that the last step left, in words; None where they are the same.

    Args:
        route: The route that is there.
        told: What the last step was told, None where nobody knows.
    """
    if told is None:
        return None
    there, left = _requests(route.hosts, route.paths), _requests(told.hosts, told.paths)
    return None if there == left else (_in_words(*there), _in_words(*left))


def _requests(hosts: Iterable[str], paths: Iterable[str]) -> tuple[list[str], list[str]]:
    """Return host names and path prefixes so that the same ones are equal. kamal-proxy has no slashes around the latter."""
    return sorted(set(hosts)), sorted({"/" + path.strip("/") for path in paths})


def _in_words(hosts: Sequence[str], paths: Sequence[str]) -> str:
    below = "" if paths == ["/"] else f" below {', '.join(paths)}"
    return (f"requests for {', '.join(hosts)}" if hosts else "all requests") + below
