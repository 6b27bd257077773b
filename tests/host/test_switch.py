"""switch: from now on the candidate's release works."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.host.docker_host import App, Host, Load


def candidate(app: App, version: str, role: str = "web", **spec: str) -> str:
    """A candidate's release."""
    app.pull(version)
    return app.candidate(version, role, **spec).spec["release"]


def test_a_switch_routes_to_the_candidate_and_prints_what_runs(app: App, host: Host) -> None:
    old = app.release("v1")
    release = candidate(app, "v2")
    said = app.switch("v2", release).spec
    assert said["container"] == f"{app.prefix()}-v2-{release[:8]}"
    assert host.docker("inspect", "--format", "{{.Id}}", said["container"]) == said["container_id"]
    assert said["version"] == "v2"
    assert said["digest"] == host.images["v2"].partition("@")[2]
    assert (said["release"], said["previous"]) == (release, "v1")
    assert said["since"].endswith("Z") and len(said["since"]) == len("2026-01-01T00:00:00Z")
    assert host.routes()[app.prefix()] == f"{said['container_id'][:12]}:80"
    assert host.get(app.web_host) == (200, "v2")
    assert app.file("roles/web/current").strip() == release
    assert app.file("roles/web/previous").strip() == old["release"]


def test_a_switch_to_what_is_current_changes_nothing(app: App) -> None:
    said = app.release("v1")
    assert app.switch("v1", said["release"]).spec == said


def test_no_request_fails_during_a_deploy_a_failed_deploy_and_a_rollback(app: App) -> None:
    first = app.release("v1")["release"]
    with Load(app) as load:
        second = app.release("v2")["release"]
        assert app.candidate("v1", **{"cmd.0": "false"}).status == 1
        back = app.release("v1")["release"]
    assert (first, second != first) == (back, True)
    failed = [answer for answer in load.answers if answer[0] != 200]
    assert failed == []
    assert {body for _, body in load.answers} == {"v1", "v2"}
    assert len(load.answers) > 50


def test_a_switch_that_kamal_proxy_refuses_leaves_the_old_release_routed(app: App, other_app: App, host: Host) -> None:
    app.release("v1")
    other_app.release("v1")
    release = candidate(app, "v2")
    before = app.snapshot()
    result = app.switch("v2", release, **{"proxy.host.0": other_app.web_host})
    assert "has the same proxy.host" in result.failure
    assert app.snapshot() == before
    assert app.file("roles/web/current").strip() != release
    assert host.get(app.web_host) == (200, "v1")


def test_a_candidate_that_died_before_its_switch_is_not_switched_to(app: App, host: Host) -> None:
    app.release("v1")
    app.pull("v2")
    dying = {"cmd.0": "sh", "cmd.1": "-c", "cmd.2": "[ -e /served ] && exit 9; touch /served; exec sh /serve.sh"}
    release = app.candidate("v2", **dying).spec["release"]
    host.docker("kill", f"{app.prefix()}-v2-{release[:8]}")
    result = app.switch("v2", release)
    assert "version v2 ended before it was healthy" in result.failure
    assert host.get(app.web_host) == (200, "v1")


def test_what_an_interrupted_switch_has_routed_serves_on(app: App, host: Host) -> None:
    """kamal-proxy switches first and drains then; whoever ends the switch in between has switched all the same."""
    app.release("v1")
    release = candidate(app, "v2")
    with ThreadPoolExecutor() as pool:
        slow = pool.submit(host.get, app.web_host, "/cgi-bin/slow", timeout=15)
        time.sleep(0.5)
        spec = {"version": "v2", "mode": "proxy", "host": "web1", "proxy.host.0": app.web_host}
        result = app.call("switch", "web", release, "none", spec=spec | {"proxy.drain-timeout": "20s"}, limit=2)
        assert result.status == 124
        assert "to drain the old one" in result.err
        assert host.get(app.web_host) == (200, "v2")
        # Whoever goes back switches back, though the host's current release is still the old one.
        assert app.candidate("v1").spec["from"] == release
        third = candidate(app, "v3")
        assert host.get(app.web_host) == (200, "v2")
        assert slow.result() == (200, "done")
    assert app.switch("v3", third).spec["version"] == "v3"
    assert app.candidate("v3").spec["from"] == third
    assert host.get(app.web_host) == (200, "v3")
    assert sorted(app.containers().values()) == ["exited", "exited", "running"]


def test_a_container_that_is_gone_is_made_again_from_what_the_host_knows(app: App, host: Host) -> None:
    app.release("v1")
    release = candidate(app, "v2", **{"env.LINES": "a\nb"})
    name = f"{app.prefix()}-v2-{release[:8]}"
    host.docker("rm", "--force", name)
    assert app.switch("v2", release).spec["container"] == name
    assert "LINES=a\nb" in host.docker("exec", name, "cat", "/proc/1/environ").split("\0")


def test_a_rollback_starts_the_kept_container_again(app: App) -> None:
    old = app.release("v1")
    app.release("v2")
    back = app.release("v1")
    assert back["container_id"] == old["container_id"]
    assert back["previous"] == "v2"


def test_a_release_that_the_host_does_not_know_says_what_to_do(app: App) -> None:
    app.release("v1")
    result = app.switch("v2", "0123456789abcdef")
    assert "release 0123456789abcdef is not known on this host" in result.failure
    assert "--replace" in result.err


def test_a_kamal_proxy_that_someone_stopped_is_started_again(app: App, host: Host) -> None:
    app.pull("v1")
    host.docker("stop", "kamal-proxy")
    release = app.candidate("v1").spec["release"]
    host.docker("stop", "kamal-proxy")
    app.switch("v1", release).spec  # noqa: B018  # it says whether it went well
    assert host.get(app.web_host) == (200, "v1")


def test_a_worker_starts_first_and_the_old_one_stops_once_it_is_ready(app: App, host: Host) -> None:
    old = app.release("v1", "worker")
    release = candidate(app, "v2", "worker")
    said = app.switch("v2", release, "worker", **{"gate.readiness_delay": "1"}).spec
    states = app.containers("worker")
    assert (states[old["container"]], states[said["container"]]) == ("exited", "running")
    stopped = host.docker("inspect", "--format", "{{.State.FinishedAt}}", old["container"])
    assert stopped[:19] > said["since"][:19]


CRASHING = {"cmd.0": "sh", "cmd.1": "-c", "cmd.2": "echo no queue; exit 4"}


@pytest.mark.parametrize("mode", ["start-first", "stop-first"])
def test_a_worker_that_does_not_get_ready_leaves_the_old_one_at_work(app: App, mode: str) -> None:
    old = app.release("v1", "worker")
    release = candidate(app, "v2", "worker", **CRASHING)
    spec = {"mode": mode, "gate.readiness_delay": "3"}
    result = app.switch("v2", release, "worker", **spec)
    for complaint in ["host web1, role worker: version v2 ended before it was ready", "no queue", "exit code 4"]:
        assert complaint in result.failure
    assert app.containers("worker") == {old["container"]: "running"}
    assert app.file("roles/worker/current").strip() == old["release"]


def test_a_switch_that_failed_can_be_tried_again(app: App) -> None:
    """Then there is no candidate any more: its container is made anew."""
    release = candidate(app, "v1", "worker", **{"cmd.0": "sleep", "cmd.1": "1", "option.restart": "no"})
    assert "ended before it was ready" in app.switch("v1", release, "worker", **{"gate.readiness_delay": "3"}).failure
    assert app.containers("worker") == {}
    assert app.switch("v1", release, "worker").spec["release"] == release


def test_a_worker_that_is_killed_by_the_time_limit_leaves_the_old_one_at_work(app: App) -> None:
    old = app.release("v1", "worker")
    release = candidate(app, "v2", "worker")
    spec = {"version": "v2", "mode": "stop-first", "host": "web1", "stop_timeout": "3", "gate.readiness_delay": "30"}
    result = app.call("switch", "worker", release, "none", spec=spec, limit=3)
    assert result.status == 124
    assert "while waiting for version v2 of role worker to become ready" in result.err
    assert app.containers("worker") == {old["container"]: "running"}


def test_a_worker_with_a_healthcheck_is_ready_when_that_says_so(app: App) -> None:
    health = {"option.health-cmd": "test -e /www/up", "option.health-interval": "1s"}
    release = candidate(app, "v1", "worker", **health)
    result = app.switch("v1", release, "worker", **{"gate.readiness_delay": "20", "gate.deploy-timeout": "15s"})
    assert result.status == 0, result.err
    assert result.seconds < 15
