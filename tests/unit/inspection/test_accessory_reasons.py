"""Why the steps of an accessory have to run again: what the host says, against what its last step said."""

from dataclasses import replace
from typing import Any

import pytest

from components.host_tool.result import AccessoryFacts, AppFacts, ContainerFacts, HostFacts, RouteFacts
from components.inspection.preflight import preflight
from components.inspection.reasons import reasons
from components.inspection.state import AccessoryState
from components.inspection.wanted import WantedAccessory
from tests.unit.inspection.host_values import FACTS, OTHER, OWNER, SHOP, SINCE, STATE, TOLD, WANTED

CONTAINER = ContainerFacts("dbdbdbdb0000", "shop-db", "running", SINCE, "rel", "", "none", routed=False)
DB = AccessoryFacts(
    "10.0.0.1", "shop-db", "rel", replacing=False, login=True, secrets=("5ec2e75ec2e7",), container=CONTAINER
)
ASKED = WantedAccessory("shop-db", (), ("/",), proxied=False, login=True)
SAID = AccessoryState("dbdbdbdb0000", "rel", "5ec2e75ec2e7")
ROUTED = replace(ASKED, hosts=("shop.example.com",), proxied=True)
TO_DB = RouteFacts(("shop.example.com",), ("/",), ("dbdbdbdb0000:80",))


def found(
    facts: AccessoryFacts | None, wanted: WantedAccessory = ASKED, said: AccessoryState = SAID, **host: Any
) -> tuple[str, str]:
    """Return the reasons of its two steps; `host` are further facts."""
    told = HostFacts(**{**vars(FACTS), "accessories": {"db": facts} if facts else {}, **host})
    compared = reasons(
        replace(WANTED, accessories={"db": wanted}), replace(STATE, accessories={"db": said}), told
    ).accessories["db"]
    return compared.secrets, compared.container


@pytest.mark.parametrize(
    ("changes", "secrets", "container"),
    [
        ({}, "", ""),
        ({"container": None}, "", "container dbdbdbdb of db is gone"),
        (
            {"container": replace(CONTAINER, state="exited")},
            "",
            f"container dbdbdbdb of db is not running (exited since {SINCE})",
        ),
        ({"container": replace(CONTAINER, id="cafecafe0000")}, "", "container dbdbdbdb of db was replaced by cafecafe"),
        ({"replacing": True}, "", "a replacement of db was interrupted"),
        ({"release": ""}, "", "nothing is known of db on the host any more (container dbdbdbdb)"),
        ({"secrets": ()}, "the secrets 5ec2e75e of db are gone", ""),
        ({"login": False}, "the login to the registry of db is gone", ""),
    ],
)
def test_what_is_wrong_with_an_accessory_is_a_reason(changes: dict[str, Any], secrets: str, container: str) -> None:
    assert found(replace(DB, **changes)) == (secrets, container)


def test_a_certificate_that_is_gone_is_a_reason_for_its_step_alone() -> None:
    said = replace(SAID, certificate_hash="ce47ce47ce47")
    there = replace(DB, certificates=("ce47ce47ce47",))
    for facts, reason in ((there, ""), (DB, "the certificate ce47ce47 of db is gone")):
        told = replace(FACTS, accessories={"db": facts})
        compared = reasons(
            replace(WANTED, accessories={"db": ASKED}), replace(STATE, accessories={"db": said}), told
        ).accessories["db"]
        assert (compared.certificate, compared.secrets, compared.container) == (reason, "", "")


@pytest.mark.parametrize(
    ("route", "lost", "container"),
    [
        (replace(TO_DB, tls=True), (), ""),
        (
            TO_DB,
            (),
            "kamal-proxy serves no HTTPS for container dbdbdbdb of db, otherwise than the last deploy left it",
        ),
        (
            replace(TO_DB, tls=True),
            ("tls-ce47",),
            "kamal-proxy has lost tls-ce47, which it needs for container dbdbdbdb of db",
        ),
    ],
    ids=["as it was left", "no HTTPS", "no certificate"],
)
def test_https_that_is_not_as_it_was_left_is_a_reason(route: RouteFacts, lost: tuple[str, ...], container: str) -> None:
    said = replace(SAID, route=replace(TOLD, ssl=True))
    assert found(replace(DB, lost_files=lost), ROUTED, said, routes={"shop-db": route})[1] == container


def test_one_that_is_not_known_on_the_host_has_lost_all() -> None:
    assert found(None) == (
        "the secrets 5ec2e75e of db are gone",
        "nothing is known of db on the host any more (container dbdbdbdb)",
    )


def test_one_that_the_state_does_not_have_has_no_reason() -> None:
    told = replace(FACTS, accessories={})
    assert reasons(replace(WANTED, accessories={"db": ASKED}), STATE, told).accessories == {}


@pytest.mark.parametrize(
    ("routes", "container"),
    [
        ({"shop-db": TO_DB}, ""),
        ({}, "kamal-proxy does not route to container dbdbdbdb of db"),
        (None, "kamal-proxy does not say whether it routes to container dbdbdbdb of db"),
        (
            {"shop-db": replace(TO_DB, hosts=("other.example.com",))},
            (
                "kamal-proxy routes requests for other.example.com to container dbdbdbdb of db, where the last deploy left "
                "requests for shop.example.com"
            ),
        ),
    ],
)
def test_a_route_that_is_not_as_it_was_left_is_a_reason(routes: Any, container: str) -> None:
    assert found(DB, ROUTED, replace(SAID, route=TOLD), routes=routes)[1] == container


def test_an_unhealthy_one_is_a_warning() -> None:
    told = replace(FACTS, accessories={"db": replace(DB, container=replace(CONTAINER, health="unhealthy"))})
    warnings = reasons(replace(WANTED, accessories={"db": ASKED}), STATE, told).warnings
    assert "container dbdbdbdb of db is unhealthy by its own health check: see docker logs shop-db" in warnings


def test_a_container_of_another_owner_with_its_name_is_foreign() -> None:
    blog = AppFacts(app="blog", owner=OTHER, prefixes={}, routes={}, accessories={"db": "shop-db"})
    told = replace(FACTS, apps=(SHOP, blog))
    wanted = replace(WANTED, accessories={"db": ASKED})
    assert preflight(wanted, told).foreign == (
        (
            "accessory db would be called shop-db, as is accessory db of the app blog of stack org/blog/prod. Set "
            "accessories.db.service, or take it over (pulumi config set deploy:take_over true)"
        ),
    )
    assert preflight(wanted, replace(told, apps=(SHOP, replace(blog, owner=OWNER)))).foreign == ()


def test_another_name_of_its_container_is_refused() -> None:
    wanted = replace(WANTED, accessories={"db": replace(ASKED, service="shop-database")})
    [problem] = preflight(wanted, replace(FACTS, accessories={"db": DB})).problems
    assert problem == (
        "accessory db runs as shop-db here, with its data in ~/shop-db. Set accessories.db.service to shop-db; or give the "
        "accessory another name: then the one that runs goes, its data stays, and the new one starts without any"
    )
    assert preflight(wanted, replace(FACTS, accessories={})).problems == ()


def test_its_own_route_is_nobody_elses() -> None:
    own = replace(SHOP, accessories={"db": "shop-db"})
    wanted = replace(WANTED, accessories={"db": replace(ROUTED, hosts=("db.example.com",))})
    routes = {**(FACTS.routes or {}), "shop-db": replace(TO_DB, hosts=("db.example.com",))}
    assert preflight(wanted, replace(FACTS, apps=(own,), routes=routes)).foreign == ()
    foreign = preflight(wanted, replace(FACTS, routes={"hello": routes["shop-db"]})).foreign
    assert [sentence.partition(",")[0] for sentence in foreign] == ["requests for db.example.com are routed to hello"]
