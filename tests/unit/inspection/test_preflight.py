"""What a deploy would fail at, or wait for, is found before anything is changed."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from components.host_tool.owner import Owner
from components.host_tool.result import AppFacts, HostFacts, RouteFacts
from components.inspection.preflight import Preflight, preflight, same_machines
from components.inspection.wanted import Wanted, WantedRole
from tests.unit.inspection.host_values import BLOG, FACTS, OTHER, OWNER, PROXY, RUN, SHOP, WANTED, WANTED_WEB

TAKE_OVER = "or take it over (pulumi config set deploy:take_over true)"
OTHER_NAMES = f"Deploy under another service or destination, {TAKE_OVER}"
OTHER_ROUTE = f"Choose another proxy.host or proxy.path_prefix, {TAKE_OVER}"
OLDER = replace(PROXY, image="basecamp/kamal-proxy:v0.9.1")
PORT_80 = {"80": "the container nginx"}
PORT_80_TAKEN = (
    "port 80, which kamal-proxy needs, is taken by the container nginx. Stop that, or choose another port "
    "(proxy.run.http_port, proxy.run.https_port)"
)


def host(**changes: Any) -> HostFacts:
    """The host with other facts."""
    return replace(FACTS, **changes)


def beside(*apps: AppFacts, **routes: RouteFacts) -> HostFacts:
    """The host with other apps and routes beside its own."""
    named = {name.replace("_", "-"): route for name, route in routes.items()}
    return host(apps=(SHOP, *apps), routes={**(FACTS.routes or {}), **named})


def route(*hosts: str, path: str = "/") -> RouteFacts:
    """A route to another app's container."""
    return RouteFacts(hosts, (path,), ("b10g:80",))


def wants(*hosts: str, path: str = "/", **changes: Any) -> Wanted:
    """The settings with a web that has other host names and another path."""
    roles = {**WANTED.roles, "web": replace(WANTED_WEB, hosts=hosts, paths=(path,))}
    return replace(WANTED, roles=roles, **changes)


def test_a_host_that_is_ready_has_no_problem() -> None:
    assert preflight(WANTED, FACTS) == Preflight()


def test_a_new_host_is_ready() -> None:
    new = host(network=False, proxy=None, routes=None, tool=False, prepared=False, login=False, apps=(), roles={})
    assert preflight(WANTED, new) == Preflight()


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        pytest.param(
            host(docker_problem="Docker 19.03 on one is too old: 20.10 or newer is needed."),
            "Docker 19.03 on one is too old: 20.10 or newer is needed.",
            id="Docker cannot be used",
        ),
        pytest.param(host(proxy=None, taken_ports=PORT_80), PORT_80_TAKEN, id="a new kamal-proxy finds its port taken"),
        pytest.param(
            host(proxy=replace(PROXY, state="exited"), taken_ports=PORT_80),
            PORT_80_TAKEN,
            id="a stopped kamal-proxy finds its port taken",
        ),
        pytest.param(
            host(proxy=OLDER, taken_ports=PORT_80), PORT_80_TAKEN, id="kamal-proxy is replaced and finds its port taken"
        ),
        pytest.param(
            host(apps=(SHOP, BLOG), proxy=replace(PROXY, boot="other", ports=(8080, 8443)), taken_ports=PORT_80),
            "kamal-proxy has the ports 8080, 8443 where proxy.run says 80 and 443, and apps of other stacks use it. "
            "Set the same ports, or replace it for all of them (pulumi config set --path deploy:proxy.run.replace true)",
            id="kamal-proxy is kept for other stacks and has other ports",
        ),
    ],
)
def test_a_machine_is_not_ready_where(facts: HostFacts, sentence: str) -> None:
    assert preflight(WANTED, facts) == Preflight(problems=(sentence,))


NO_DOCKER = {"docker_problem": "Docker is not installed on one.", "network": False, "proxy": None, "routes": None}


@pytest.mark.parametrize(
    ("wanted", "why_not", "expected"),
    [
        (WANTED, "", Preflight(problems=("Docker is not installed on one.",))),
        (
            replace(WANTED, docker_install=True),
            "",
            Preflight(warnings=("Docker is missing there: the package docker.io is installed first",)),
        ),
        (replace(WANTED, docker_install=True), "no apt-get", Preflight(problems=("no apt-get",))),
        (replace(WANTED, docker_install=True), None, Preflight(problems=("Docker is not installed on one.",))),
    ],
    ids=["not wanted", "wanted", "not possible", "another problem"],
)
def test_docker_that_is_missing_is_no_problem_where_it_will_be_installed(
    wanted: Wanted, why_not: str | None, expected: Preflight
) -> None:
    assert preflight(wanted, host(**NO_DOCKER, install_problem=why_not)) == expected


LACK = (
    "only 499 MB are free where Docker keeps its data, and 500 MB are needed to pull an image. See there what takes the "
    "room (docker system df), and make some (docker image prune --all)"
)


@pytest.mark.parametrize(("free", "lack"), [(499, LACK), (500, ""), (None, "")])
def test_a_lack_of_room_is_told_apart_since_only_a_pull_fails_at_it(free: int | None, lack: str) -> None:
    assert preflight(WANTED, host(free_mb=free)) == Preflight(lack=lack)


@pytest.mark.parametrize(
    ("wanted", "facts"),
    [
        pytest.param(WANTED, host(taken_ports=PORT_80), id="kamal-proxy runs already"),
        pytest.param(
            replace(WANTED, proxy=None), host(proxy=None, taken_ports=PORT_80), id="no role needs kamal-proxy"
        ),
        pytest.param(
            WANTED, host(apps=(SHOP, BLOG), proxy=OLDER), id="kamal-proxy is kept for other stacks and has the ports"
        ),
        pytest.param(
            replace(WANTED, proxy=replace(RUN, replace=True)),
            host(apps=(SHOP, BLOG), proxy=replace(PROXY, boot="other", ports=(8080, 8443))),
            id="kamal-proxy is replaced for all stacks and gets the ports",
        ),
    ],
)
def test_a_machine_is_ready_where(wanted: Wanted, facts: HostFacts) -> None:
    assert preflight(wanted, facts).problems == ()


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        pytest.param(
            host(apps=(replace(SHOP, owner=OTHER),)),
            f"the app shop belongs to stack org/blog/prod. {OTHER_NAMES}",
            id="the app is another stack's",
        ),
        pytest.param(
            beside(replace(BLOG, app="shop-eu", prefixes={"web": "shop-web"}, routes={})),
            "role web would be called shop-web, as is role web of the app shop-eu of stack org/blog/prod. "
            f"Choose another service, role or destination, {TAKE_OVER}",
            id="another stack's containers have the same names",
        ),
        pytest.param(
            beside(replace(BLOG, routes={"web": "shop-worker"})),
            "role worker would be called shop-worker, as is role web of the app blog of stack org/blog/prod. "
            f"Choose another service, role or destination, {TAKE_OVER}",
            id="another stack's route has the same name",
        ),
        pytest.param(
            beside(BLOG, blog_web=route("shop.example.com")),
            f"requests for shop.example.com are routed to blog-web, of stack org/blog/prod. {OTHER_ROUTE}",
            id="the host name is routed to another stack's app",
        ),
        pytest.param(
            beside(replace(BLOG, owner=None), blog_web=route("shop.example.com")),
            f"requests for shop.example.com are routed to blog-web, of a stack that nobody has noted. {OTHER_ROUTE}",
            id="the host name is routed to an app of which nobody knows the owner",
        ),
        pytest.param(
            beside(hello=route("www.example.com", "shop.example.com")),
            f"requests for shop.example.com are routed to hello, which this program has not deployed. {OTHER_ROUTE}",
            id="one of the host names is routed to what somebody else has deployed",
        ),
    ],
)
def test_what_belongs_to_another_owner_is_named_where(facts: HostFacts, sentence: str) -> None:
    assert preflight(WANTED, facts) == Preflight(foreign=(sentence,))


@pytest.mark.parametrize(
    ("wanted", "there", "requests"),
    [
        pytest.param(wants(), route(), "all requests", id="all hosts beside all hosts"),
        pytest.param(
            wants(path="/api"),
            route(path="/api/"),
            "all requests below /api",
            id="the same path without its last slash",
        ),
        pytest.param(
            wants("a.test", path="/api/"),
            route("a.test", path="/api"),
            "requests for a.test below /api",
            id="and with it",
        ),
        pytest.param(wants("a.test"), route("b.test"), "", id="another host name"),
        pytest.param(wants("a.test"), route("A.test"), "", id="another spelling, which kamal-proxy compares exactly"),
        pytest.param(wants("a.test"), route(), "", id="one host name beside all others"),
        pytest.param(wants(), route("a.test"), "", id="all others beside one host name"),
        pytest.param(wants("a.test", path="/api"), route("a.test"), "", id="a part of what is routed"),
        pytest.param(wants("a.test"), route("a.test", path="/api"), "", id="more than what is routed"),
        pytest.param(
            replace(WANTED, roles={"worker": WANTED.roles["worker"]}), route(), "", id="a worker beside all hosts"
        ),
    ],
)
def test_a_route_is_in_the_way_where_kamal_proxy_would_refuse_both(
    wanted: Wanted, there: RouteFacts, requests: str
) -> None:
    found = preflight(wanted, beside(BLOG, blog_web=there)).foreign
    expected = f"{requests} are routed to blog-web, of stack org/blog/prod. {OTHER_ROUTE}"
    assert found == ((expected,) if requests else ())


@pytest.mark.parametrize("take_over", [True, False])
def test_an_app_of_another_service_and_destination_is_refused_under_the_same_name(take_over: bool) -> None:
    found = preflight(replace(WANTED, take_over=take_over), host(apps=(replace(SHOP, prefixes={"web": "sh-web-op"}),)))
    [problem] = found.problems
    assert "whose containers are called sh-web-op. It cannot be taken over" in problem
    assert found.foreign == ()


FORMER = replace(
    SHOP,
    app="store",
    owner=replace(OWNER, stack="org/shop/old"),
    prefixes={"web": "store-web"},
    routes={"web": "store-web"},
)


@pytest.mark.parametrize(
    ("wanted", "facts"),
    [
        pytest.param(WANTED, host(apps=(replace(SHOP, owner=None),)), id="the app has no owner yet"),
        pytest.param(
            WANTED, host(apps=(replace(SHOP, owner=Owner(OWNER.id, "org/shop/old")),)), id="the stack was renamed"
        ),
        pytest.param(
            WANTED, host(apps=(replace(SHOP, owner=Owner("lost", OWNER.stack)),)), id="the stack's state was lost"
        ),
        pytest.param(WANTED, beside(FORMER, store_web=route("shop.example.com")), id="the service was renamed"),
        pytest.param(
            WANTED,
            host(apps=(replace(SHOP, routes={"shop": "shop-shop"}),), routes={"shop-shop": route("shop.example.com")}),
            id="the role was renamed",
        ),
        pytest.param(
            WANTED,
            host(apps=(replace(SHOP, routes={"web": "store-web"}),), routes={"store-web": route("shop.example.com")}),
            id="the route was taken over before",
        ),
        pytest.param(WANTED, host(apps=(), roles={}), id="the folder was lost and the route is there"),
        pytest.param(
            replace(WANTED, take_over=True),
            host(apps=(replace(SHOP, owner=OTHER), BLOG), routes={"blog-web": route("shop.example.com")}),
            id="take_over is set",
        ),
    ],
)
def test_nothing_belongs_to_another_owner_where(wanted: Wanted, facts: HostFacts) -> None:
    assert preflight(wanted, facts).foreign == ()


def test_an_owner_whose_id_is_not_known_is_told_from_others_by_its_stack() -> None:
    unknown = replace(WANTED, owner=Owner("", OWNER.stack))
    assert preflight(unknown, FACTS).foreign == ()
    renamed = replace(WANTED, owner=Owner("", "org/shop/new"))
    assert preflight(renamed, FACTS).foreign == (f"the app shop belongs to stack org/shop/prod. {OTHER_NAMES}",)


def test_a_lock_that_another_step_holds_is_a_warning() -> None:
    held = "the lock .kamal/apps/shop/roles/web/lock is held by switch of shop, process 123"
    assert preflight(WANTED, host(held_locks=(held,))) == Preflight(warnings=(f"{held}: this deploy waits for it",))


def test_a_damaged_record_of_another_app_is_a_warning() -> None:
    path = ".kamal/apps/blog/app.json"
    found = host(apps=(SHOP, replace(BLOG, owner=None, damaged={path: "is damaged (no JSON)"})))
    [warning] = preflight(WANTED, found).warnings
    assert warning == (
        f"the file ~/{path} is damaged (no JSON): what the app blog has on this host is not known. Remove the file, then "
        "deploy blog again"
    )


def exchanged(role: str, *hosts: str, proxied: bool = True) -> Wanted:
    """The settings with another role that has host names of its own."""
    other = WantedRole(f"shop-{role}", hosts, ("/",), proxied)
    return replace(wants("www.example.com"), roles={**wants("www.example.com").roles, role: other})


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        pytest.param(
            exchanged("api", "shop.example.com"),
            "requests for shop.example.com go to role web, and are to go to role api from now on. That takes two deploys: "
            "take them from web in the first one, give them to api in the second one",
            id="web gets another one at the same time",
        ),
        pytest.param(exchanged("api", "api.example.com"), "", id="nobody wants it any more"),
        pytest.param(exchanged("api", proxied=False), "", id="the other role gets no requests"),
        pytest.param(
            replace(WANTED, roles={"api": WantedRole("shop-api", ("shop.example.com",), ("/",), proxied=True)}),
            "",
            id="web leaves",
        ),
    ],
)
def test_a_role_does_not_get_what_another_one_has_that_stays(wanted: Wanted, sentence: str) -> None:
    assert preflight(wanted, FACTS) == Preflight(problems=(sentence,) if sentence else ())


def two_roles(web: Sequence[str], api: Sequence[str], path: str = "/") -> Wanted:
    """The settings with the roles web and api, and the host names that they want."""
    roles = {
        name: WantedRole(f"shop-{name}", tuple(hosts), (path,), proxied=True)
        for name, hosts in (("web", web), ("api", api))
    }
    return replace(WANTED, roles=roles)


TWO_ROUTES = replace(
    FACTS,
    apps=(
        replace(SHOP, prefixes={"web": "shop-web", "api": "shop-api"}, routes={"web": "shop-web", "api": "shop-api"}),
    ),
    routes={"shop-web": route("a.test"), "shop-api": route("b.test")},
)


@pytest.mark.parametrize(
    ("wanted", "problems"),
    [
        pytest.param(two_roles(["b.test"], ["a.test"]), 0, id="they exchange their host names"),
        pytest.param(two_roles(["b.test"], ["c.test"]), 1, id="what one leaves nobody takes"),
        pytest.param(two_roles(["b.test"], ["a.test", "c.test"]), 2, id="one takes more than the other has"),
        pytest.param(two_roles(["b.test"], ["a.test"], "/api"), 0, id="nobody wants the same path"),
    ],
)
def test_roles_may_exchange_whole_routes(wanted: Wanted, problems: int) -> None:
    assert len(preflight(wanted, TWO_ROUTES).problems) == problems


def test_two_names_of_one_machine_are_told_by_its_id() -> None:
    hosts = {
        "one.test": FACTS,
        "10.0.0.1": FACTS,
        "new": host(machine_id="4567"),
        "old": host(machine_id=""),
        "older": host(machine_id=""),
    }
    assert same_machines(hosts) == {"10.0.0.1": "it is the same machine as one.test. Name it once in servers"}
