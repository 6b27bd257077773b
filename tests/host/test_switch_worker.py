"""switch of a role that gets no requests: its candidate starts, and works once it is ready."""

import pytest

from components.host_tool.result import Running
from tests.host.docker_host import App, Host

CRASHING = ("sh", "-c", "echo no queue; exit 4")


@pytest.fixture
def ready(app: App) -> App:
    """The app with the registry's login, as the secrets' step leaves it."""
    app.log_in()
    return app


def test_a_worker_starts_first_and_the_old_one_stops_once_it_is_ready(ready: App, host: Host) -> None:
    old = ready.release("v1", "worker")
    release = ready.candidate_release("v2", "worker")
    running = ready.switch("v2", release, "worker", readiness_delay=1).result(Running)
    assert ready.containers("worker") == {old.container: "exited", running.container: "running"}
    stopped = host.docker("inspect", "--format", "{{.State.FinishedAt}}", old.container)
    assert stopped[:19] > running.since[:19]


@pytest.mark.parametrize("strategy", ["start-first", "stop-first"])
def test_a_worker_that_does_not_get_ready_leaves_the_old_one_at_work(ready: App, strategy: str) -> None:
    old = ready.release("v1", "worker")
    release = ready.candidate_release("v2", "worker", cmd=CRASHING)
    result = ready.switch("v2", release, "worker", strategy=strategy, readiness_delay=3)
    for complaint in ["host web1, role worker: version v2 ended before it was ready", "no queue", "exit code 4"]:
        assert complaint in result.failure
    assert ready.containers("worker") == {old.container: "running"}
    assert ready.record("worker").current == old.release


def test_a_switch_that_failed_can_be_tried_again(ready: App) -> None:
    """Then there is no candidate any more: its container is made anew."""
    release = ready.candidate_release("v1", "worker", cmd=("sleep", "4"), options={"restart": ("no",)})
    assert "ended before it was ready" in ready.switch("v1", release, "worker", readiness_delay=6).failure
    assert ready.containers("worker") == {}
    assert ready.switch("v1", release, "worker").result(Running).release == release


def test_a_worker_that_is_ended_by_the_time_limit_leaves_the_old_one_at_work(ready: App) -> None:
    old = ready.release("v1", "worker")
    release = ready.candidate_release("v2", "worker")
    result = ready.switch("v2", release, "worker", strategy="stop-first", readiness_delay=30, limit=3)
    assert result.status == 124
    assert "while waiting for version v2 of role worker to become ready" in result.err
    assert ready.containers("worker") == {old.container: "running"}


def test_a_worker_with_a_healthcheck_is_ready_when_that_says_so(ready: App) -> None:
    health = {"health-cmd": ("test -e /www/up",), "health-interval": ("1s",)}
    release = ready.candidate_release("v1", "worker", options=health)
    result = ready.switch("v1", release, "worker", readiness_delay=20, deploy_timeout=15)
    assert result.status == 0, result.err
    assert result.seconds < 15
