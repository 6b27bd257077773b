"""What Kamal has of the app on a host is named, with what to do."""

from dataclasses import replace

import pytest

from components.host_tool.result import AccessoryFacts, HostFacts, KamalContainer, KamalFacts, RouteFacts
from components.inspection.preflight import preflight
from components.inspection.wanted import WantedAccessory
from tests.unit.inspection.host_values import FACTS, SINCE, WANTED

WEB = KamalContainer("shop-web-abc", "web", "running", SINCE)
WORKER = KamalContainer("shop-worker-abc", "worker", "running", SINCE)
ADMIN = KamalContainer("shop-admin-abc", "admin", "running", SINCE)
FILES = (".kamal/shop-audit.log", ".kamal/apps/shop/env")
LEFT = "Kamal has left role admin, which servers does not have on this host"
CACHE = WantedAccessory("shop-cache", (), ("/",), proxied=False, login=False)
REMOVE_FILES = "rm -r ~/.kamal/shop-audit.log ~/.kamal/apps/shop/env"

# The host before the first deploy of this program.
NEW = replace(FACTS, roles={}, apps=(), prepared=False, routes={"shop-web": RouteFacts((), ("/",), ("1:80",))})


def facts(*containers: KamalContainer, host: HostFacts = NEW, files: tuple[str, ...] = (), lock: str = "") -> HostFacts:
    return replace(host, kamal=KamalFacts(containers, files, lock))


CASES = {
    "nothing": (NEW, []),
    "an app that is taken over": (
        facts(WEB, replace(WEB, name="shop-web-older", state="exited"), files=FILES),
        [
            "Kamal has deployed web here (shop-web-abc): the switch takes it over, and keeps the old container stopped",
            f"Kamal's files stay. Remove them there once this deploy has gone well: {REMOVE_FILES}",
        ],
    ),
    "an app whose requests Kamal has stopped": (
        facts(WEB, host=replace(NEW, routes={"shop-web": replace(NEW.routes["shop-web"], state="stopped")})),  # type: ignore[index]
        [
            "Kamal has deployed web here (shop-web-abc): the switch takes it over, and keeps the old container stopped",
            "kamal-proxy has stopped the requests for web: the switch passes them on again, unless the settings have maintenance",
        ],
    ),
    "an app that was taken over": (
        facts(replace(WEB, state="exited"), host=FACTS, files=FILES),
        [
            "Kamal has left files that nothing uses any more, environment files with secrets among them. Remove them there: "
            + REMOVE_FILES,
        ],
    ),
    "an app whose secrets were removed": (
        facts(host=FACTS, files=FILES[:1]),
        ["Kamal has left files that nothing uses any more. Remove them there: rm -r ~/.kamal/shop-audit.log"],
    ),
    "an app whose files were removed": (facts(replace(WEB, state="exited"), host=FACTS), []),
    "a role that the settings do not have": (
        facts(ADMIN, replace(ADMIN, name="shop-admin-older", state="exited"), host=FACTS, files=FILES),
        [
            (
                f"{LEFT} (shop-admin-abc, shop-admin-older): it stays as it is, and goes on running. Remove it there: "
                "docker rm --force shop-admin-abc shop-admin-older"
            ),
        ],
    ),
    "a stopped role with a route": (
        facts(replace(ADMIN, state="exited"), host=replace(FACTS, routes={"shop-admin": NEW.routes["shop-web"]})),  # type: ignore[index]
        [
            (
                f"{LEFT} (shop-admin-abc): it stays as it is. Remove it there: "
                "docker exec kamal-proxy kamal-proxy remove shop-admin && docker rm --force shop-admin-abc"
            ),
        ],
    ),
    "an app that was taken over, and that Kamal has deployed again": (
        facts(WEB, replace(WORKER, state="exited"), host=FACTS, files=FILES),
        [
            (
                "Kamal has deployed web here again (shop-web-abc): the switch takes it over again, and keeps the old container "
                "stopped. Deploy with one of the two: each stops the containers of the other"
            ),
            f"Kamal's files stay. Remove them there once this deploy has gone well: {REMOVE_FILES}",
        ],
    ),
    "accessories": (
        replace(
            FACTS,
            kamal=KamalFacts((), FILES, "", accessories=("shop-cache", "shop-search")),
            accessories={"db": AccessoryFacts("10.0.0.1", "shop-db", "abc", replacing=False, login=False, secrets=())},
        ),
        [
            (
                "Kamal has started the accessory cache here (shop-cache): it is replaced by a container with the same data, and "
                "does not answer until that one is ready"
            ),
            (
                "Kamal has left the accessory shop-search, which accessories does not have on this host: it stays as it is. "
                "Remove it there, and not its data: docker rm --force shop-search"
            ),
            f"Kamal's files stay. Remove them there once this deploy has gone well: {REMOVE_FILES}",
        ],
    ),
    "the same app without a destination": (
        replace(NEW, routes={}, kamal=KamalFacts((), (), "", destinations=("eu",))),
        [
            (
                "Kamal has deployed shop here with the destination eu, and this stack has none: they are two apps, which run "
                "beside each other. If they are to be one: pulumi config set deploy:destination eu"
            )
        ],
    ),
    "another destination beside one that was deployed": (
        replace(FACTS, kamal=KamalFacts((), (), "", destinations=("eu",))),
        [],
    ),
    "a role that joins those that were taken over": (
        facts(WORKER, host=replace(FACTS, roles={"web": FACTS.roles["web"]})),
        [
            "Kamal has deployed worker here (shop-worker-abc): the switch takes it over, and keeps the old container stopped"
        ],
    ),
}


@pytest.mark.parametrize(("host", "sentences"), CASES.values(), ids=CASES)
def test_what_is_taken_over_and_what_stays_is_a_warning(host: HostFacts, sentences: list[str]) -> None:
    found = preflight(replace(WANTED, accessories={"cache": CACHE}), host)
    assert (found.problems, list(found.warnings)) == ((), sentences)


def test_a_lock_of_kamal_stops_the_deploy() -> None:
    found = preflight(WANTED, facts(WEB, lock="Locked by: Somebody at 2026-11-30T12:00:00Z"))
    assert found.problems == (
        (
            "Kamal's lock of shop is held (Locked by: Somebody at 2026-11-30T12:00:00Z). Wait for that deploy; if nobody deploys with "
            "Kamal, remove the lock there: rm -r ~/.kamal/lock-shop"
        ),
    )


def test_requests_that_go_to_the_same_app_under_another_destination_have_the_likely_remedy_first() -> None:
    route = RouteFacts(("shop.example.com",), ("/",), ("1:80",))
    host = replace(NEW, routes={"shop-web": route}, kamal=KamalFacts((), (), "", destinations=("",)))
    roles = {"web": replace(WANTED.roles["web"], prefix="shop-web-prod")}
    found = preflight(replace(WANTED, app="shop-prod", destination="prod", roles=roles), host)
    assert found.foreign == (
        (
            "requests for shop.example.com are routed to shop-web, which this program has not deployed. Kamal has deployed shop here "
            "without a destination, and this stack has the destination prod: they are two apps, which run beside each other. If they "
            "are to be one: pulumi config set deploy:destination none. Else choose another proxy.host or proxy.path_prefix, or take it "
            "over (pulumi config set deploy:take_over true)"
        ),
    )
