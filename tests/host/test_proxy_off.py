"""A role's proxy is turned off, and on again: the route goes, and leads to no container that has stopped."""

from dataclasses import replace
from typing import Any

import pytest

from components.host_tool.result import Running, StartedCandidate
from tests.host.docker_host import App, Host, Result


def candidate_without_proxy(app: App, version: str, **container: Any) -> str:
    """The release of a candidate of the role web, which gets no requests any more."""
    spec = replace(app.candidate_spec(version, **container), proxy=None)
    return app.call("candidate", "web", app.host.images[version], "-", spec=spec).result(StartedCandidate).release


def switch_without_proxy(app: App, version: str, release: str, strategy: str = "start-first") -> Result:
    """The switch to it."""
    fields: dict[str, Any] = {"proxy": None, "drain_timeout": None, "strategy": strategy, "readiness_delay": 1}
    return app.switch(version, release, **fields)


def release_without_proxy(app: App, version: str) -> Running:
    """Both."""
    return switch_without_proxy(app, version, candidate_without_proxy(app, version)).result(Running)


def test_the_route_goes_with_the_container_that_it_led_to(app: App, host: Host) -> None:
    old = app.release("v1")
    running = release_without_proxy(app, "v2")
    assert app.prefix() not in host.routes()
    assert app.containers() == {old.container: "exited", running.container: "running"}


def test_the_route_goes_when_the_same_container_runs_on(app: App, host: Host) -> None:
    old = app.release("v1")
    assert release_without_proxy(app, "v1") == old
    assert app.prefix() not in host.routes()
    assert app.containers() == {old.container: "running"}


@pytest.mark.parametrize("strategy", ["start-first", "stop-first"])
def test_the_route_stays_when_the_new_container_does_not_get_ready(app: App, host: Host, strategy: str) -> None:
    app.release("v1")
    release = candidate_without_proxy(app, "v1", cmd=("false",))
    assert "ended before it was ready" in switch_without_proxy(app, "v1", release, strategy).failure
    assert host.get(app.web_host) == (200, "v1")


def test_turned_on_again_it_is_routed_to_a_container_that_runs(app: App, host: Host) -> None:
    app.release("v1")
    release_without_proxy(app, "v2")
    running = app.release("v1")
    assert host.routes()[app.prefix()] == f"{running.container_id[:12]}:80"
    assert host.get(app.web_host) == (200, "v1")
    assert sorted(app.containers().values()) == ["exited", "running"]
