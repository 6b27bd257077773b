"""Whether an app may be deployed to a host, and which requests two routes would share."""

from dataclasses import replace

import pytest

from components.host_tool.owner import Owner
from components.host_tool.ownership import (
    are_all_requests_of,
    conflicts,
    other_identity,
    requests_in_conflict,
    stack_of,
    unknown_routes,
    used_by_others,
)
from components.host_tool.result import AppFacts, RouteFacts

OURS = Owner("0123456789abcdef", "acme/shop/production")
THEIRS = Owner("fedcba9876543210", "acme/other/production")
NEW_STATE, RENAMED = replace(OURS, id="new"), replace(OURS, stack="acme/shop/renamed")
UNKNOWN = replace(OURS, id="")

SHOP = AppFacts("shop", {"web": "shop-web"}, {"web": "shop-web"}, owner=OURS)
THEIR_SHOP = replace(SHOP, owner=THEIRS)
OF_NOBODY = replace(SHOP, owner=None)

# The app "shop-eu" of service "shop" with destination "eu", and that of service "shop-eu" without one.
WITH_DESTINATION = AppFacts("shop-eu", {"web": "shop-web-eu"}, {}, owner=OURS)
# Role "web-eu" of service "shop", without destination.
WEB_EU = AppFacts("shop", {"web-eu": "shop-web-eu"}, {}, owner=THEIRS)
# An app whose role has taken over a route that has our role's name.
ADOPTED = AppFacts("store", {"front": "store-front"}, {"front": "shop-web"}, owner=THEIRS)


@pytest.mark.parametrize(
    "owner", [OURS, NEW_STATE, RENAMED, UNKNOWN], ids=["same", "new state", "renamed", "new stack"]
)
@pytest.mark.parametrize("found", [SHOP, OF_NOBODY], ids=["ours", "of nobody"])
def test_an_app_of_the_same_owner_or_of_nobody_may_be_deployed_to(owner: Owner, found: AppFacts) -> None:
    assert list(conflicts("shop", owner, {"web": "shop-web"}, [found])) == []


@pytest.mark.parametrize(
    ("app", "prefix", "found", "sentence"),
    [
        pytest.param(
            "shop", "shop-web", THEIR_SHOP, "the app shop belongs to stack acme/other/production. ", id="another owner"
        ),
        pytest.param(
            "shop-eu",
            "shop-web-eu",
            WEB_EU,
            "role web would be called shop-web-eu, as is role web-eu of the app shop of stack acme/other/production. ",
            id="one name of two roles",
        ),
        pytest.param(
            "shop-eu",
            "shop-web-eu",
            replace(WEB_EU, owner=None),
            "role web would be called shop-web-eu, as is role web-eu of the app shop of a stack that nobody has noted. ",
            id="one name of two roles, one of which is nobody's",
        ),
        pytest.param(
            "shop",
            "shop-web",
            ADOPTED,
            "role web would be called shop-web, as is role front of the app store of stack acme/other/production. ",
            id="the name of a route that was taken over",
        ),
    ],
)
def test_a_conflict_is_told_with_what_is_there_and_what_to_do(
    app: str, prefix: str, found: AppFacts, sentence: str
) -> None:
    [conflict] = conflicts(app, OURS, {"web": prefix}, [found])
    assert conflict.startswith(sentence)
    assert conflict.endswith("or take it over (pulumi config set deploy:take_over true)")


@pytest.mark.parametrize(
    ("prefixes", "found", "sentence"),
    [
        pytest.param(
            {"web": "shop-eu-web"},
            WITH_DESTINATION,
            "the app shop-eu is there as another service and destination, whose containers are called shop-web-eu. It cannot "
            "be taken over under the same name: deploy under another service or destination",
            id="one name of two apps",
        ),
        pytest.param({"web": "shop-web-eu"}, WITH_DESTINATION, "", id="the same app"),
        pytest.param({"api": "shop-eu-api"}, WITH_DESTINATION, "", id="no role of the same name"),
        pytest.param({"web": "shop-eu-web"}, SHOP, "", id="another app"),
    ],
)
def test_an_app_of_the_same_name_may_be_another_service_and_destination(
    prefixes: dict[str, str], found: AppFacts, sentence: str
) -> None:
    assert other_identity("shop-eu", prefixes, [found]) == sentence


@pytest.mark.parametrize(
    "found",
    [
        pytest.param(AppFacts("blog", {"web": "blog-web"}, {"web": "blog-web"}, owner=THEIRS), id="other names"),
        pytest.param(replace(ADOPTED, owner=OURS), id="a former name of this app"),
        pytest.param(AppFacts("refused", {}, {}), id="an app that was refused"),
    ],
)
def test_another_app_is_no_conflict(found: AppFacts) -> None:
    assert list(conflicts("shop", OURS, {"web": "shop-web"}, [SHOP, found])) == []


def test_a_role_whose_route_was_taken_over_may_have_another_one() -> None:
    lost = replace(SHOP, routes={"web": "shop-web-2"})
    assert list(conflicts("shop", OURS, {"web": "shop-web"}, [lost, ADOPTED])) == []


def test_an_owner_whose_id_is_not_known_yet_is_not_taken_for_another_one_of_which_it_is_not_known() -> None:
    [conflict] = conflicts("shop-eu", UNKNOWN, {"web": "shop-web-eu"}, [replace(WEB_EU, owner=replace(THEIRS, id=""))])
    assert "role web-eu of the app shop" in conflict


@pytest.mark.parametrize(
    ("other", "users"),
    [
        (AppFacts("blog", {"web": "blog-web"}, {}, owner=THEIRS), ["blog"]),
        (AppFacts("blog", {"web": "blog-web"}, {}), ["blog"]),
        (AppFacts("blog", {"web": "blog-web"}, {}, owner=OURS), []),
        (AppFacts("blog", {"web": "blog-web"}, {}, owner=NEW_STATE), []),
        (AppFacts("blog", {}, {}), []),
    ],
    ids=["another owner's", "nobody's", "ours", "ours with a new state", "of a deploy that was refused"],
)
def test_kamal_proxy_is_used_by_the_apps_of_others(other: AppFacts, users: list[str]) -> None:
    assert used_by_others("shop", OURS, [OF_NOBODY, other]) == users


@pytest.mark.parametrize(("owner", "words"), [(OURS, "stack acme/shop/production"), (None, "a stack that nobody")])
def test_an_owner_is_told_by_its_stack(owner: Owner | None, words: str) -> None:
    assert stack_of(owner).startswith(words)


@pytest.mark.parametrize(
    ("hosts", "paths", "route", "requests"),
    [
        pytest.param((), "/", ((), "/"), "all requests", id="both serve all"),
        pytest.param(("a.test",), "/", (("a.test",), "/"), "requests for a.test", id="the same host name"),
        pytest.param(
            ("a.test", "b.test"), "/", (("c.test", "b.test"), "/"), "requests for b.test", id="one host name of several"
        ),
        pytest.param(
            ("a.test",),
            "/api",
            (("a.test",), "/api"),
            "requests for a.test below /api",
            id="the same host name and path",
        ),
        pytest.param((), "/api/", ((), "/api"), "all requests below /api", id="a slash at the end of a path"),
        pytest.param((), "/api", ((), "/,/api"), "all requests below /api", id="one path of several"),
        pytest.param((), "/a,/api", ((), "/,/api"), "all requests below /api", id="one of several paths each"),
        pytest.param(("*.test",), "/", (("*.test",), "/"), "requests for *.test", id="the same pattern"),
        pytest.param(("a.test",), "/", (("b.test",), "/"), "", id="other host names"),
        pytest.param(("a.test",), "/", (("a.test",), "/api"), "", id="another path"),
        pytest.param(("a.test",), "/", ((), "/"), "", id="one host name, and all"),
        pytest.param((), "/", (("a.test",), "/"), "", id="all, and one host name"),
        pytest.param(("a.test",), "/", (("*.test",), "/"), "", id="a host name, and a pattern"),
        pytest.param(("A.test",), "/", (("a.test",), "/"), "", id="capitals, which kamal-proxy distinguishes"),
    ],
)
def test_requests_that_kamal_proxy_would_not_route_to_two_services(
    hosts: tuple[str, ...], paths: str, route: tuple[tuple[str, ...], str], requests: str
) -> None:
    there = RouteFacts(route[0], tuple(route[1].split(",")), ("0123456789ab:80",))
    assert requests_in_conflict(hosts, paths.split(","), there) == requests


@pytest.mark.parametrize(
    ("hosts", "paths", "whole"),
    [
        (("a.test", "b.test"), "/api", True),
        (("b.test", "a.test"), "api/", True),
        (("a.test",), "/api", False),
        (("a.test", "b.test", "c.test"), "/api", False),
        (("a.test", "b.test"), "/", False),
        (("a.test", "b.test"), "/api,/shop", False),
        ((), "/api", False),
    ],
)
def test_a_route_changes_hands_as_a_whole_with_all_its_requests_only(
    hosts: tuple[str, ...], paths: str, whole: bool
) -> None:
    assert are_all_requests_of(hosts, paths.split(","), RouteFacts(("a.test", "b.test"), ("/api",), ())) == whole


def test_routes_of_no_app_that_is_known_are_those_of_others() -> None:
    shop = AppFacts(
        app="shop",
        prefixes={"web": "shop-web", "admin": "shop-admin"},
        routes={"web": "former"},
        accessories={"search": "shop-search"},
    )
    routes = ["shop-web", "former", "shop-admin", "shop-search", "store-web", "blog-web", "blog-admin"]
    assert unknown_routes({"web": "store-web"}, [shop], routes) == ["blog-admin", "blog-web"]
