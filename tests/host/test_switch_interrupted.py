"""A switch that something ends from outside: what may be routed serves on, and the next deploy goes on from there."""

import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from components.host_tool.result import Running, StartedCandidate
from tests.host.docker_host import App, Host, Result, wait_until
from tests.host.docker_shim import docker_replaced_by, killed_after, killed_before


@pytest.fixture
def candidate(app: App) -> str:
    """The release of a candidate for v2, with v1 routed."""
    app.release("v1")
    return app.candidate_release("v2")


@contextmanager
def draining(app: App, host: Host, release: str) -> Iterator[Future[Result]]:
    """A switch that has routed to v2 and drains v1, which still answers a request."""
    with ThreadPoolExecutor() as pool:
        pool.submit(host.get, app.web_host, "/cgi-bin/slow", timeout=15)
        time.sleep(0.5)
        switch = pool.submit(app.switch, "v2", release, drain_timeout=20)
        wait_until(lambda: host.get(app.web_host) == (200, "v2"))
        assert not switch.done()
        yield switch


def deploy_again(app: App, host: Host, version: str) -> None:
    """A whole release, which has to leave nothing routed but its own container."""
    release = app.candidate_release(version)
    routed = host.routes()[app.prefix()].partition(":")[0]
    assert host.docker("inspect", "--format", "{{.State.Status}}", routed) == "running"
    running = app.switch(version, release).result(Running)
    assert host.get(app.web_host) == (200, version)
    assert host.routes()[app.prefix()] == f"{running.container_id[:12]}:80"
    assert [name for name, state in app.containers().items() if state == "running"] == [running.container]
    assert (app.record().current, app.record().switching) == (release, "")


def test_what_it_has_routed_serves_on_when_its_time_is_up(app: App, host: Host, candidate: str) -> None:
    """kamal-proxy switches first and drains then; whoever ends the switch in between has switched all the same."""
    with ThreadPoolExecutor() as pool:
        slow = pool.submit(host.get, app.web_host, "/cgi-bin/slow", timeout=15)
        time.sleep(0.5)
        result = app.switch("v2", candidate, drain_timeout=20, limit=2)
        assert result.status == 124
        assert "to drain the old one" in result.err
        assert host.get(app.web_host) == (200, "v2")
        # Whoever goes back switches back, though the host's current release is still the old one.
        assert app.candidate("v1").result(StartedCandidate).previous == candidate
        third = app.candidate_release("v3")
        assert host.get(app.web_host) == (200, "v2")
        assert slow.result() == (200, "done")
    assert app.switch("v3", third).result(Running).version == "v3"
    assert app.candidate("v3").result(StartedCandidate).previous == third
    assert host.get(app.web_host) == (200, "v3")
    assert sorted(app.containers().values()) == ["exited", "exited", "running"]


@pytest.mark.parametrize("ending", ["kill", "restart"])
def test_a_kamal_proxy_that_ends_while_it_drains_has_switched(
    app: App, host: Host, candidate: str, ending: str
) -> None:
    with draining(app, host, candidate) as switch:
        host.docker(ending, "kamal-proxy")
        running = switch.result().result(Running)
    assert (running.version, running.release) == ("v2", candidate)
    assert host.get(app.web_host) == (200, "v2")
    deploy_again(app, host, "v3")


@pytest.mark.parametrize("ending", ["kill", "restart"])
def test_a_kamal_proxy_that_ends_before_it_has_switched_leaves_both_containers(
    app: App, host: Host, candidate: str, ending: str
) -> None:
    with ThreadPoolExecutor() as pool:
        switch = pool.submit(app.switch, "v2", candidate, path="/never", deploy_timeout=20)
        wait_until(lambda: app.record().switching == candidate)
        # Now it asks kamal-proxy.
        time.sleep(1)
        host.docker(ending, "kamal-proxy")
        result = switch.result()
    assert "nobody knows whether kamal-proxy would have switched to version v2" in result.failure
    assert list(app.containers().values()) == ["running", "running"]
    assert host.get(app.web_host) == (200, "v1")
    deploy_again(app, host, "v3")


def test_what_is_routed_stays_when_nobody_can_ask_kamal_proxy(app: App, host: Host, candidate: str) -> None:
    """As when the engine stops: the switch is lost, and so is the question what kamal-proxy has made of it."""
    lost = docker_replaced_by(
        'case "$*" in\n'
        '*"kamal-proxy deploy"*) $docker "$@"; exit 137 ;;\n'
        '*"kamal-proxy list"*) echo "Cannot connect to the Docker daemon" >&2; exit 1 ;;\n'
        '*) exec $docker "$@" ;;\n'
        "esac"
    )
    result = app.switch("v2", candidate, before=lost)
    assert "kamal-proxy does not answer" in result.failure
    assert host.get(app.web_host) == (200, "v2")
    deploy_again(app, host, "v3")


@pytest.mark.parametrize(
    "kill",
    [
        pytest.param(killed_before("exec kamal-proxy kamal-proxy deploy"), id="before it asks kamal-proxy"),
        pytest.param(killed_after("exec kamal-proxy kamal-proxy deploy"), id="when it is routed"),
        pytest.param(killed_before("inspect"), id="when it is noted as current"),
        pytest.param(killed_before("stop"), id="before the old one stops"),
        pytest.param(killed_after("rm"), id="after the oldest one went"),
    ],
)
def test_the_next_deploy_succeeds_after_a_switch_that_was_killed(app: App, host: Host, kill: str) -> None:
    app.release("v4")
    app.release("v1")
    release = app.candidate_release("v2")
    result = app.switch("v2", release, retain_containers=1, before=kill)
    assert result.status == 137, result.err
    assert host.get(app.web_host)[0] == 200
    deploy_again(app, host, "v3")


@pytest.mark.parametrize(
    ("strategy", "kill"),
    [
        pytest.param("start-first", killed_before("start"), id="before the new one starts"),
        pytest.param("start-first", killed_before("stop"), id="before the old one stops"),
        pytest.param("stop-first", killed_after("stop"), id="when the old one has stopped"),
        pytest.param("stop-first", killed_after("start"), id="when the new one has started"),
    ],
)
def test_the_next_deploy_of_a_worker_succeeds_after_a_switch_that_was_killed(
    app: App, strategy: str, kill: str
) -> None:
    app.release("v1", "worker")
    release = app.candidate_release("v2", "worker")
    result = app.switch("v2", release, "worker", strategy=strategy, before=kill)
    assert result.status == 137, result.err
    running = app.release("v3", "worker")
    assert [name for name, state in app.containers("worker").items() if state == "running"] == [running.container]
