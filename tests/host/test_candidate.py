"""candidate: the new container beside the old one, healthy, not routed yet."""

import time
from typing import Any

import pytest

from components.host_tool.result import StartedCandidate
from tests.host.docker_host import App, Host

UNHEALTHY: dict[str, Any] = {"path": "/missing", "deploy_timeout": 1}


@pytest.fixture
def serving(app: App) -> App:
    """The app with v1 routed, and v2 on the host."""
    app.release("v1")
    app.pull("v2")
    return app


def test_a_candidate_runs_beside_the_old_one_and_is_not_routed(serving: App, host: Host) -> None:
    routes = host.routes()
    started = serving.candidate("v2").result(StartedCandidate)
    assert started.previous == serving.record().current
    assert serving.containers()[f"{serving.prefix()}-v2-{started.release[:8]}"] == "running"
    assert len(serving.containers()) == 2
    assert host.routes() == routes
    assert host.get(serving.web_host) == (200, "v1")


def test_the_first_candidate_comes_from_none(app: App) -> None:
    app.log_in()
    assert app.candidate("v1").result(StartedCandidate).previous == "none"


def test_the_same_candidate_again_is_the_same_container(serving: App) -> None:
    first = serving.candidate("v2").result(StartedCandidate)
    before = serving.containers()
    assert serving.candidate("v2", deploy_timeout=9).result(StartedCandidate) == first
    assert serving.containers() == before


def test_a_changed_environment_or_secret_is_another_release(app: App) -> None:
    app.log_in()
    plain = app.candidate_release("v1")
    changed = app.candidate_release("v1", env={"A": "1"})
    secret = app.candidate_release("v1", env={"A": "1"}, secrets=app.secrets({"B": "1"}))
    assert len({plain, changed, secret}) == 3


def test_a_candidate_that_never_came_to_its_switch_goes_with_the_next_one(serving: App) -> None:
    serving.candidate_release("v2")
    release = serving.candidate_release("v2", env={"A": "1"})
    names = [f"{serving.prefix()}-v1-{serving.record().current[:8]}", f"{serving.prefix()}-v2-{release[:8]}"]
    assert serving.containers() == dict.fromkeys(names, "running")


def test_a_kept_release_is_started_again_and_stopped_again_when_it_fails(serving: App, host: Host) -> None:
    old = serving.record().current
    serving.release("v2")
    name = f"{serving.prefix()}-v1-{old[:8]}"
    kept = host.docker("inspect", "--format", "{{.Id}}", name)
    before = serving.snapshot()
    assert "did not become healthy" in serving.candidate("v1", **UNHEALTHY).failure
    assert serving.snapshot() == before
    assert serving.candidate_release("v1") == old
    assert host.docker("inspect", "--format", "{{.Id}} {{.State.Running}}", name) == f"{kept} true"


def test_the_serving_container_stays_when_the_hosts_memory_of_it_is_lost(serving: App, host: Host) -> None:
    """The same release again, by a host without ~/.kamal or by another SSH user, and its health check fails once."""
    before = serving.containers()
    host.run("rm", "-r", serving.home)
    assert serving.prepare().status == 0
    serving.log_in()
    assert "did not become healthy" in serving.candidate("v1", **UNHEALTHY).failure
    assert serving.containers() == before
    assert host.get(serving.web_host) == (200, "v1")
    serving.release("v1")
    assert serving.containers() == before


def test_a_worker_stays_at_work_when_the_hosts_memory_of_it_is_lost(app: App, host: Host) -> None:
    app.log_in()
    working = app.release("v1", "worker")
    host.run("rm", "-r", f"{app.home}/roles")
    app.candidate_release("v1", "worker")
    app.candidate_release("v2", "worker")
    assert app.containers()[working.container] == "running"


def test_restarts_of_the_past_are_no_crash(app: App, host: Host) -> None:
    crashing: dict[str, Any] = {"cmd": ("sh", "-c", "sh /serve.sh")}
    running = app.release("v1", **crashing)
    restarts = 0
    for _ in range(60):
        if restarts >= 3:
            break
        # Refused while it is just starting again.
        host.docker("exec", running.container, "sh", "-c", "kill -TERM 1; kill -TERM -1", check=False)
        time.sleep(0.5)
        restarts = int(host.docker("inspect", "--format", "{{.RestartCount}}", running.container))
    assert restarts >= 3
    assert app.candidate_release("v1", **crashing) == running.release


def test_a_candidate_of_a_role_without_proxy_does_not_work_yet(app: App) -> None:
    app.log_in()
    app.candidate_release("v1", "worker")
    assert list(app.containers("worker").values()) == ["created"]
