"""kamal-proxy's answers: what is a refusal, what is not, and what it routes to."""

import pytest

from components.host_tool.proxy.client import (
    ProxyConflictError,
    ProxyError,
    ProxyLostError,
    ProxyMissingError,
    ProxyRefusedError,
    ProxyStoppedError,
    failure_of,
    is_routed,
    parse_routes,
    route_flags,
)
from components.host_tool.result import RouteFacts
from components.host_tool.spec import BufferingSpec, HealthcheckSpec, ProxyLoggingSpec, RouteSpec, SwitchSpec

from .fake_docker import routes_table

USAGE = "Usage:\n  kamal-proxy deploy <service> [flags]\n\nFlags:\n      --force   Skip health checks\n"
DAEMON = "Error response from daemon: "


@pytest.mark.parametrize(
    "said",
    [
        "Error: target failed to become healthy within configured timeout (30s)\n",
        "Error: service not found\n",
        f"Error: unknown flag: --nonsense\n{USAGE}",
        f'Error: invalid argument "x" for "--target-timeout" flag: time: invalid duration "x"\n{USAGE}',
        f"Error: TLS must be enabled to use automatic certificates: host must be set\n{USAGE}",
    ],
)
def test_a_refusal_is_what_kamal_proxy_itself_says(said: str) -> None:
    failure = failure_of(1, said)
    assert type(failure) is ProxyRefusedError
    assert f"Error: {failure}" == said.splitlines()[0]


def test_a_conflict_with_another_service_is_a_refusal_of_its_own() -> None:
    failure = failure_of(1, "Error: host settings conflict with another service\n")
    assert type(failure) is ProxyConflictError
    assert str(failure) == "host settings conflict with another service"


@pytest.mark.parametrize(
    ("status", "said"),
    [
        pytest.param(137, "", id="its client was killed"),
        pytest.param(143, "", id="its client was ended"),
        pytest.param(137, "Error: target failed to become healthy\n", id="killed after it said something"),
        pytest.param(1, "", id="nothing is said"),
        pytest.param(1, "Error: unexpected EOF\n", id="the server ended"),
        pytest.param(1, "Error: connection is shut down\n", id="the server ended before"),
        pytest.param(1, "Error: read unix @->/tmp/kamal-proxy.sock: read: connection reset by peer\n", id="cut off"),
        pytest.param(1, "Error: dial unix /tmp/kamal-proxy.sock: connect: no such file or directory\n", id="no server"),
        pytest.param(1, "Cannot connect to the Docker daemon at unix:///var/run/docker.sock.\n", id="dockerd is gone"),
        pytest.param(1, "error during connect: Get ...: EOF\n", id="dockerd went"),
        pytest.param(1, f"{DAEMON}OCI runtime exec failed: exec failed: cannot allocate memory\n", id="no memory"),
        pytest.param(126, "OCI runtime exec failed: exec failed\n", id="cannot be run"),
    ],
)
def test_a_broken_way_to_kamal_proxy_is_no_refusal(status: int, said: str) -> None:
    assert type(failure_of(status, said)) is ProxyLostError


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (f"{DAEMON}No such container: kamal-proxy\n", ProxyMissingError),
        (f"{DAEMON}container {'a' * 64} is not running\n", ProxyStoppedError),
        (f"{DAEMON}Container {'a' * 64} is restarting, wait until the container is running\n", ProxyStoppedError),
    ],
)
def test_kamal_proxy_that_is_missing_or_stopped_has_done_nothing(said: str, kind: type[ProxyError]) -> None:
    assert type(failure_of(1, said)) is kind


@pytest.mark.parametrize(
    ("routes", "requests"),
    [
        ({}, {}),
        ({"shop-web": "0123456789ab:80"}, {"shop-web": ((), "/")}),
        (
            {"shop-web": "0123456789ab:80", "blog-web-production": "ba9876543210:3000"},
            {"shop-web": (("a.test", "b.test"), "/api"), "blog-web-production": (("*.test",), "/")},
        ),
    ],
)
def test_the_table_of_kamal_proxy_is_read_with_its_colours(
    routes: dict[str, str], requests: dict[str, tuple[tuple[str, ...], str]]
) -> None:
    expected = {name: RouteFacts(requests[name][0], (requests[name][1],), (routes[name],)) for name in routes}
    assert parse_routes(routes_table(routes, requests)) == expected


def test_a_service_with_several_targets_and_paths_has_all_of_them() -> None:
    table = "Service Host Path Target State TLS\nshop *  /,/api  aaaaaaaaaaaa:80,bbbbbbbbbbbb:80  running  no\n"
    assert parse_routes(table) == {"shop": RouteFacts((), ("/", "/api"), ("aaaaaaaaaaaa:80", "bbbbbbbbbbbb:80"))}


@pytest.mark.parametrize(
    ("container", "routed"), [("aaaaaaaaaaaa", True), ("bbbbbbbbbbbb", True), ("cccccccccccc", False), ("aaaa", False)]
)
def test_a_container_is_routed_to_by_its_whole_id(container: str, routed: bool) -> None:
    both = RouteFacts((), ("/",), ("aaaaaaaaaaaa:80", "bbbbbbbbbbbb:80"))
    assert is_routed(container, {"a": both, "b": RouteFacts((), ("/",), ())}) == routed


def test_the_flags_of_a_route_have_all_settings() -> None:
    route = RouteSpec(
        hosts=("a.test", "b.test"),
        app_port=3000,
        healthcheck=HealthcheckSpec("/up", 2, 5, port=3001, host="health.test"),
        response_timeout=60,
        buffering=BufferingSpec(
            requests=True, responses=False, memory=1024, max_request_body=2048, max_response_body=4096
        ),
        path_prefix="/api",
        forward_headers=False,
        strip_path_prefix=False,
        ssl=True,
        ssl_redirect=False,
        ssl_staging=True,
        canonical_host="a.test",
        scope_cookie_paths=True,
        logging=ProxyLoggingSpec(("X-Id", "Referer"), ("X-Cache",)),
    )
    assert route_flags(SwitchSpec("v1", 30, 10, 5, route, 15), route) == [
        *("--deploy-timeout=30s", "--drain-timeout=15s"),
        *("--health-check-path=/up", "--health-check-interval=2s", "--health-check-timeout=5s"),
        *("--health-check-port=3001", "--health-check-host=health.test"),
        *("--target-timeout=60s", "--forward-headers=false", "--path-prefix=/api", "--strip-path-prefix=false"),
        *("--tls=true", "--tls-redirect=false", "--tls-staging=true", "--canonical-host=a.test"),
        "--scope-cookie-paths=true",
        *("--buffer-requests=true", "--buffer-responses=false", "--buffer-memory=1024"),
        *("--max-request-body=2048", "--max-response-body=4096"),
        *("--log-request-header=X-Id", "--log-request-header=Referer", "--log-response-header=X-Cache"),
        *("--host=a.test", "--host=b.test"),
    ]


def test_several_path_prefixes_are_a_flag_each() -> None:
    route = RouteSpec((), 80, HealthcheckSpec("/up", 1, 5), 30, BufferingSpec(True, True), path_prefixes=("/a", "/b"))
    flags = route_flags(SwitchSpec("v1", 30, 10, 5, route, 30), route)
    assert [flag for flag in flags if "prefix" in flag] == ["--path-prefix=/a", "--path-prefix=/b"]
    assert route.paths == ("/a", "/b")


def test_a_setting_that_is_not_given_is_no_flag() -> None:
    route = RouteSpec((), 80, HealthcheckSpec("/up", 1, 5), 30, BufferingSpec(requests=False, responses=False))
    flags = {flag.partition("=")[0] for flag in route_flags(SwitchSpec("v1", 30, 10, 5, route, 30), route)}
    assert flags == {
        *("--deploy-timeout", "--drain-timeout", "--target-timeout"),
        *("--health-check-path", "--health-check-interval", "--health-check-timeout"),
        *("--buffer-requests", "--buffer-responses"),
    }
