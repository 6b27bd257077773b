"""A switch retires: old containers are stopped and kept, the oldest are removed."""

from collections.abc import Callable, Iterator

import pytest

from components.host_tool.result import Running
from tests.host.docker_host import SERVICE, App, Host
from tests.host.test_remove import anonymous_volumes


def versions(app: App) -> list[str]:
    """Version and state of the app's containers."""
    return sorted(f"{name.split('-')[-2]} {state}" for name, state in app.containers().items())


def test_as_many_old_releases_are_kept_as_are_wanted_for_each_role(app: App, host: Host) -> None:
    for version in ("v1", "v2", "v3"):
        app.release(version, retain=1)
    states = app.containers("web")
    assert versions(app) == ["v2 exited", "v3 running"]
    app.release("v1", "worker", retain=1)
    assert (app.containers("web"), len(app.containers("worker"))) == (states, 1)
    releases = host.run("ls", f"{app.home}/roles/web/releases").out.split()
    assert {release[:8] for release in releases} == {name[-8:] for name in states}


def test_the_image_of_a_removed_release_goes_and_that_of_a_kept_one_stays(app: App, host: Host) -> None:
    for version in ("v2", "v3", "v4"):
        app.release(version, "worker", retain=1)

    def here(version: str) -> bool:
        return host.docker("image", "inspect", "--format", "{{.Id}}", host.images[version], check=False) != ""

    assert (here("v2"), here("v3"), here("v4")) == (False, True, True)


def test_the_anonymous_volumes_of_a_removed_release_go_and_the_named_ones_stay(app: App, host: Host) -> None:
    options = {"volume": ("/cache", f"{app.name}-data:/data")}
    anonymous = [
        anonymous_volumes(host, app.release(version, "worker", retain=1, options=options).container)
        for version in ("v1", "v2", "v3")
    ]
    volumes = set(host.docker("volume", "ls", "--quiet").split())
    assert [bool(names & volumes) for names in anonymous] == [False, True, True]
    assert f"{app.name}-data" in volumes
    app.tear_down("worker")
    host.docker("volume", "rm", f"{app.name}-data")


def test_the_previous_release_is_kept_before_newer_ones(app: App) -> None:
    """After a rollback the way forward must not be the first to go."""
    for version in ("v1", "v2", "v1"):
        app.release(version, "worker")
    app.release("v3", "worker", retain=1)
    assert versions(app) == ["v1 exited", "v3 running"]


@pytest.fixture
def pin(app: App, host: Host) -> Iterator[Callable[[str], None]]:
    """Routes another name to a container, as somebody may do by hand."""

    def deploy(container_id: str) -> None:
        target, name = f"{container_id[:12]}:80", f"pinned-{app.web_host}"
        host.docker("exec", "kamal-proxy", "kamal-proxy", "deploy", "pinned", "--target", target, "--host", name)

    yield deploy
    host.docker("exec", "kamal-proxy", "kamal-proxy", "remove", "pinned")


def test_what_kamal_proxy_routes_to_is_never_touched(app: App, host: Host, pin: Callable[[str], None]) -> None:
    old = app.release("v1")
    pin(old.container_id)
    app.release("v2", retain=1)
    app.release("v3", retain=1)
    assert app.containers()[old.container] == "running"
    assert host.get(f"pinned-{app.web_host}") == (200, "v1")


def test_a_candidate_that_kamal_proxy_routes_to_is_not_removed(
    app: App, host: Host, pin: Callable[[str], None]
) -> None:
    app.release("v1")
    name = f"{app.prefix()}-v2-{app.candidate_release('v2')[:8]}"
    pin(host.docker("inspect", "--format", "{{.Id}}", name))
    app.candidate_release("v3")
    assert app.containers()[name] == "running"
    app.release("v3")
    assert host.get(f"pinned-{app.web_host}") == (200, "v2")


def test_a_container_of_kamals_own_is_an_old_release(app: App, host: Host) -> None:
    app.pull("v1")
    name = f"{app.prefix()}-0123456789abcdef"
    labels = [f"service={SERVICE}", "role=web", f"destination={app.destination}"]
    words = [word for label in labels for word in ("--label", label)]
    host.docker("run", "--detach", "--name", name, *words, host.images["v1"])
    assert app.candidate("v1").status == 0
    assert app.containers()[name] == "running"
    app.release("v1")
    assert app.containers()[name] == "exited"


def test_retiring_again_changes_nothing_and_says_the_same(app: App) -> None:
    app.release("v1")
    running = app.release("v2")
    before = app.snapshot()
    assert app.switch("v2", running.release).result(Running) == running
    assert app.snapshot() == before


def test_secrets_that_no_kept_release_uses_are_forgotten(app: App, host: Host) -> None:
    hashes = []
    for value in ("one", "two", "three"):
        hashes.append(app.secrets({"TOKEN": value}, "worker"))
        release = app.candidate_release("v1", "worker", secrets=hashes[-1])
        app.switch("v1", release, "worker", retain_containers=1).result(Running)
    assert sorted(host.run("ls", f"{app.home}/roles/worker/secrets").out.split()) == sorted(hashes[1:])


def test_a_candidate_that_was_never_switched_to_is_removed_not_kept(app: App) -> None:
    running = app.release("v1")
    app.candidate_release("v2")
    app.switch("v1", running.release).result(Running)
    assert app.containers() == {running.container: "running"}
