"""kamal-proxy runs with the options of the settings: it is replaced one host at a time, and not under apps of other stacks."""

import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from dev.sandbox.inventory import Host
from tests.e2e.footprint import OnHost
from tests.e2e.load import Load
from tests.e2e.stack import Stack

# Requests a second: one every 10 ms to each of two hosts.
RATE = 200

STAYS = r"kamal-proxy stays as it is \(kamal-proxy:v[0-9.]+\) though proxy\.run says otherwise, because apps of other stacks use it"


def with_run(stack: Stack, **run: Any) -> dict[str, Any]:
    """The stack's proxy with settings of kamal-proxy itself."""
    return {"app_port": 8080, "host": stack.name, "run": run}


def proxies(stack: Stack, on_host: OnHost) -> dict[Host, tuple[str, datetime]]:
    """By host, the id of kamal-proxy's container, and when it was started."""
    listed = {
        host: on_host(host, "docker inspect -f '{{.Id}} {{.State.StartedAt}}' kamal-proxy") for host in stack.hosts
    }
    return {host: (text.split()[0], datetime.fromisoformat(text.split()[1])) for host, text in listed.items()}


def routes(stack: Stack, on_host: OnHost) -> list[list[str]]:
    """Host by host, kamal-proxy's routes."""
    script = "docker exec kamal-proxy kamal-proxy list | tr --squeeze-repeats ' ' | sort"
    return [on_host(host, script).splitlines() for host in stack.hosts]


@pytest.mark.alone
def test_kamal_proxy_is_replaced_one_host_at_a_time_and_keeps_its_routes(
    stack: Stack, environment: dict[str, str], tmp_path: Path, on_host: OnHost
) -> None:
    """The time without an answer is about that of `docker restart kamal-proxy`, the least that one does by hand."""
    first, second = stack.hosts
    everywhere = [first.address, second.address]
    admin = {"hosts": everywhere, "proxy": {"host": f"admin.{stack.name}"}}
    stack.configure(servers={"web": everywhere, "admin": admin})
    stack.up()
    before, routed = proxies(stack, on_host), routes(stack, on_host)
    stack.configure(proxy=with_run(stack, options={"memory": "200m"}))
    preview = stack.preview()
    for host in stack.hosts:
        reason = (
            f"{host.address}: kamal-proxy (container {before[host][0][:8]}) runs with other options than proxy.run has"
        )
        assert f"{reason}: to be put right" in preview
        assert f"{host.address}: kamal-proxy will be replaced: requests to this host fail for about a second" in preview

    with Load(stack, tmp_path, environment, rate=RATE) as load:
        stack.up()
    after = proxies(stack, on_host)
    assert not {before[host][0] for host in stack.hosts} & {after[host][0] for host in stack.hosts}
    assert routes(stack, on_host) == routed
    # The second host is not touched before the first one answers again.
    pauses = {host: load.pause(host.address) for host in stack.hosts}
    assert pauses[first].end < after[second][1] < pauses[second].end
    for answer in load.failed():
        pause = next(pauses[host] for host in stack.hosts if host.address == answer.host)
        assert pause.begin < answer.ended and answer.sent < pause.end, answer
    stack.up("--expect-no-changes")

    with Load(stack, tmp_path, environment, rate=RATE) as by_hand:
        for host in stack.hosts:
            on_host(host, "docker restart kamal-proxy")
    for host in stack.hosts:
        restarted = by_hand.pause(host.address)
        print(
            f"{host.name}: {pauses[host].milliseconds:.0f} ms without an answer, "
            f"{restarted.milliseconds:.0f} ms by docker restart; failed requests in all: "
            f"{len(load.failed())}, {len(by_hand.failed())}"
        )
        assert pauses[host].milliseconds < 2 * restarted.milliseconds
    assert routes(stack, on_host) == routed


@pytest.mark.alone
def test_two_stacks_that_want_another_kamal_proxy_do_not_replace_each_others(
    new_stack: Callable[..., Stack], on_host: OnHost
) -> None:
    ours, theirs = new_stack(), new_stack()
    theirs.rename("other")
    ours.configure(proxy=with_run(ours, options={"memory": "200m"}))
    ours.up()
    booted = proxies(ours, on_host)
    theirs.configure(proxy=with_run(theirs, options={"memory": "300m"}))
    preview = theirs.preview()
    for host in theirs.hosts:
        assert re.search(f"{host.address}: {STAYS}", preview), preview
    theirs.up()
    for each in (ours, theirs, ours):
        each.up("--expect-no-changes")
    assert proxies(ours, on_host) == booted

    theirs.configure(proxy=with_run(theirs, http_port=8080, https_port=8443))
    error = theirs.preview_fails()
    for host in theirs.hosts:
        assert re.search(
            rf"{host.address}: kamal-proxy has the ports 80, 443 where proxy\.run says 8080 and 8443, and apps of other "
            r"stacks use it",
            error,
        ), error
    assert "Traceback" not in error

    theirs.configure(proxy=with_run(theirs, options={"memory": "300m"}, replace=True))
    theirs.up()
    replaced = proxies(ours, on_host)
    for host in theirs.hosts:
        assert replaced[host][0] != booted[host][0]
    theirs.up("--expect-no-changes")
    assert re.search(STAYS, ours.preview())
    ours.up("--expect-no-changes")
    assert proxies(ours, on_host) == replaced
