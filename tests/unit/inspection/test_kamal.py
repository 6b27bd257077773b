"""What Kamal has of the app on a host is named, with what to do."""

from dataclasses import replace

import pytest

from components.host_tool.result import HostFacts, KamalContainer, KamalFacts, RouteFacts
from components.inspection.preflight import preflight
from tests.unit.inspection.host_values import FACTS, SINCE, WANTED

WEB = KamalContainer("shop-web-abc", "web", "running", SINCE)
WORKER = KamalContainer("shop-worker-abc", "worker", "running", SINCE)
ADMIN = KamalContainer("shop-admin-abc", "admin", "running", SINCE)
FILES = (".kamal/shop-audit.log", ".kamal/apps/shop/env")
LEFT = "Kamal has left role admin, which servers does not have on this host"
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
    "an app that was taken over": (
        facts(replace(WEB, state="exited"), host=FACTS, files=FILES),
        [
            "Kamal has left files that nothing uses any more, environment files with secrets among them. Remove them there: "
            + REMOVE_FILES,
        ],
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
    "a role that joins those that were taken over": (
        facts(WORKER, host=replace(FACTS, roles={"web": FACTS.roles["web"]})),
        [
            "Kamal has deployed worker here (shop-worker-abc): the switch takes it over, and keeps the old container stopped"
        ],
    ),
}


@pytest.mark.parametrize(("host", "sentences"), CASES.values(), ids=CASES)
def test_what_is_taken_over_and_what_stays_is_a_warning(host: HostFacts, sentences: list[str]) -> None:
    found = preflight(WANTED, host)
    assert (found.problems, list(found.warnings)) == ((), sentences)


def test_a_lock_of_kamal_stops_the_deploy() -> None:
    found = preflight(WANTED, facts(WEB, lock="Locked by: Somebody at 2026-11-30T12:00:00Z"))
    assert found.problems == (
        (
            "Kamal's lock of shop is held (Locked by: Somebody at 2026-11-30T12:00:00Z). Wait for that deploy; if nobody deploys with "
            "Kamal, remove the lock there: rm -r ~/.kamal/lock-shop"
        ),
    )
