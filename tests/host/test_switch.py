"""switch: from now on the candidate's release works."""

from components.host_tool.result import Running
from tests.host.docker_host import App, Host, Load


def candidate(app: App, version: str, role: str = "web", **options: object) -> str:
    """A candidate's release."""
    app.log_in()
    return app.candidate_release(version, role, **options)


def test_a_switch_routes_to_the_candidate_and_prints_what_runs(app: App, host: Host) -> None:
    old = app.release("v1")
    release = candidate(app, "v2")
    running = app.switch("v2", release).result(Running)
    assert running.container == f"{app.prefix()}-v2-{release[:8]}"
    assert host.docker("inspect", "--format", "{{.Id}}", running.container) == running.container_id
    assert running.version == "v2"
    assert running.digest == host.images["v2"].partition("@")[2]
    assert (running.release, running.previous) == (release, "v1")
    assert running.since.endswith("Z") and len(running.since) == len("2026-01-01T00:00:00Z")
    assert host.routes()[app.prefix()] == f"{running.container_id[:12]}:80"
    assert host.get(app.web_host) == (200, "v2")
    assert (app.record().current, app.record().previous) == (release, old.release)


def test_a_switch_to_what_is_current_changes_nothing(app: App) -> None:
    running = app.release("v1")
    assert app.switch("v1", running.release).result(Running) == running


def test_no_request_fails_during_a_deploy_a_failed_deploy_and_a_rollback(app: App) -> None:
    first = app.release("v1").release
    with Load(app) as load:
        second = app.release("v2").release
        assert app.candidate("v1", cmd=("false",)).status == 1
        back = app.release("v1").release
    assert (first, second != first) == (back, True)
    failed = [answer for answer in load.answers if answer[0] != 200]
    assert failed == []
    assert {body for _, body in load.answers} == {"v1", "v2"}
    assert len(load.answers) > 50


def test_a_candidate_that_died_before_its_switch_is_not_switched_to(app: App, host: Host) -> None:
    app.release("v1")
    dies_the_second_time = ("sh", "-c", "[ -e /served ] && exit 9; touch /served; exec sh /serve.sh")
    release = candidate(app, "v2", cmd=dies_the_second_time)
    host.docker("kill", f"{app.prefix()}-v2-{release[:8]}")
    result = app.switch("v2", release)
    assert "version v2 ended before it was healthy" in result.failure
    assert host.get(app.web_host) == (200, "v1")


def test_a_container_that_is_gone_is_made_again_from_what_the_host_knows(app: App, host: Host) -> None:
    app.release("v1")
    release = candidate(app, "v2", env={"LINES": "a\nb"})
    name = f"{app.prefix()}-v2-{release[:8]}"
    host.docker("rm", "--force", name)
    assert app.switch("v2", release).result(Running).container == name
    assert "LINES=a\nb" in host.docker("exec", name, "cat", "/proc/1/environ").split("\0")


def test_a_rollback_starts_the_kept_container_again(app: App) -> None:
    old = app.release("v1")
    app.release("v2")
    back = app.release("v1")
    assert back.container_id == old.container_id
    assert back.previous == "v2"


def test_a_release_that_the_host_does_not_know_says_what_to_do(app: App) -> None:
    app.release("v1")
    result = app.switch("v2", "0123456789abcdef")
    assert "release 0123456789abcdef is not known on this host" in result.failure
    assert "--replace" in result.err


def test_the_digest_is_compared_with_that_of_the_image_which_the_container_runs(app: App, host: Host) -> None:
    app.pull("v3")
    release = candidate(app, "v2")
    path = f"{app.home}/roles/web/releases/{release}/release.json"
    other, digest = (host.images[version].partition("@")[2] for version in ("v3", "v2"))
    host.run("sed", "-i", f"s/{digest}/{other}/", path)
    result = app.switch("v2", release)
    assert f'the image digest of container {app.prefix()}-v2-{release[:8]} is ""' in result.failure
    assert f'expected "{other}"' in result.err


def test_a_kamal_proxy_that_someone_stopped_is_started_again(app: App, host: Host) -> None:
    release = candidate(app, "v1")
    host.docker("stop", "kamal-proxy")
    assert app.switch("v1", release).status == 0
    assert host.get(app.web_host) == (200, "v1")
