"""A switch retires: old containers are stopped and kept, the oldest are removed."""

from tests.host.docker_host import SERVICE, App, Host


def test_as_many_old_releases_are_kept_as_are_wanted_for_each_role(app: App, host: Host) -> None:
    for version in ("v1", "v2", "v3"):
        app.release(version, retain="1")
    app.release("v1", "worker", retain="1")
    states = app.containers("web")
    assert sorted(name.split("-")[-2] + " " + state for name, state in states.items()) == ["v2 exited", "v3 running"]
    assert len(app.containers("worker")) == 1
    releases = host.run("ls", f"{app.home}/roles/web/releases").out.split()
    assert {release[:8] for release in releases} == {name[-8:] for name in states}


def test_the_image_of_a_removed_release_goes_and_that_of_a_kept_one_stays(app: App, host: Host) -> None:
    for version in ("v2", "v3", "v4"):
        app.release(version, "worker", retain="1")

    def here(version: str) -> bool:
        return host.docker("image", "inspect", "--format", "{{.Id}}", host.images[version], check=False) != ""

    assert (here("v2"), here("v3"), here("v4")) == (False, True, True)


def test_the_previous_release_is_kept_before_newer_ones(app: App) -> None:
    """After a rollback the way forward must not be the first to go."""
    for version in ("v1", "v2", "v1"):
        app.release(version, "worker")
    app.release("v3", "worker", retain="1")
    assert sorted(name.split("-")[-2] for name in app.containers()) == ["v1", "v3"]


def test_what_kamal_proxy_routes_to_is_never_touched(app: App, host: Host) -> None:
    old = app.release("v1")
    host.docker(
        "exec", "kamal-proxy", "kamal-proxy", "deploy", f"{app.name}-pinned", "--target",
        f"{old['container_id'][:12]}:80", "--host", f"pinned-{app.web_host}",
    )  # fmt: skip
    app.release("v2", retain="1")
    app.release("v3", retain="1")
    assert app.containers()[old["container"]] == "running"
    assert host.get(f"pinned-{app.web_host}") == (200, "v1")
    host.docker("exec", "kamal-proxy", "kamal-proxy", "remove", f"{app.name}-pinned")


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
    said = app.release("v2")
    before = app.snapshot()
    assert app.switch("v2", said["release"]).spec == said
    assert app.snapshot() == before


def test_secrets_that_no_kept_release_uses_are_forgotten(app: App, host: Host) -> None:
    generations = []
    for value in ("one", "two", "three"):
        app.pull("v1")
        generations.append(app.secrets({"TOKEN": value}, "worker"))
        release = app.candidate("v1", "worker", secrets=generations[-1]).spec["release"]
        app.switch("v1", release, "worker", retain="1").spec  # noqa: B018  # it says whether it went well
    assert sorted(host.run("ls", f"{app.home}/roles/worker/secrets").out.split()) == sorted(generations[1:])


def test_a_candidate_that_was_never_switched_to_is_removed_not_kept(app: App) -> None:
    said = app.release("v1")
    app.pull("v2")
    app.candidate("v2")
    app.switch("v1", said["release"])
    assert app.containers() == {said["container"]: "running"}
