"""remove: nothing of a role or an app stays, but data."""

from components.host_tool.result import Running
from tests.host.docker_host import App, Host


def anonymous_volumes(host: Host, container: str) -> set[str]:
    """The names of a container's volumes that have none but Docker's."""
    mounts = host.docker("inspect", "--format", "{{range .Mounts}}{{.Type}}={{.Name}} {{end}}", container).split()
    names = {mount.removeprefix("volume=") for mount in mounts if mount.startswith("volume=")}
    return {name for name in names if len(name) == 64}


def test_a_role_goes_and_the_others_stay(app: App, host: Host) -> None:
    app.release("v1")
    app.release("v1", "worker")
    assert app.tear_down("web").status == 0
    assert app.containers("web") == {}
    assert list(app.containers("worker").values()) == ["running"]
    assert app.prefix() not in host.routes()
    assert host.run("ls", f"{app.home}/roles").out.split() == ["worker"]


def test_the_last_role_takes_the_app_and_its_images_with_it(app: App, host: Host) -> None:
    app.release("v3")
    assert app.tear_down("web").status == 0
    assert app.containers() == {}
    assert host.run("ls", app.home).status != 0
    assert host.docker("image", "inspect", host.images["v3"], check=False) == "[]"


def test_named_volumes_stay_and_anonymous_ones_go(app: App, host: Host) -> None:
    running = app.release("v1", options={"volume": ("/cache", f"{app.name}-data:/data")})
    anonymous = anonymous_volumes(host, running.container)
    assert len(anonymous) == 1
    assert app.tear_down("web").status == 0
    volumes = set(host.docker("volume", "ls", "--quiet").split())
    assert f"{app.name}-data" in volumes
    assert not anonymous & volumes
    host.docker("volume", "rm", f"{app.name}-data")


def test_an_app_has_its_stop_timeout_to_end(app: App, host: Host) -> None:
    slow = "trap 'sleep 12; touch /out/$KAMAL_CONTAINER_NAME; exit 0' TERM; while :; do sleep 1 & wait $!; done"
    app.log_in()
    release = app.candidate_release("v1", "worker", cmd=("sh", "-c", slow), options={"volume": ("/tmp:/out",)})
    running = app.switch("v1", release, "worker", stop_timeout=20).result(Running)
    assert app.tear_down("worker").status == 0
    assert host.as_root(f"ls /tmp/{running.container}").status == 0
    assert app.containers() == {}


def test_removing_again_and_what_is_gone_already_is_fine(app: App, host: Host) -> None:
    app.release("v1")
    app.release("v1", "worker")
    for name in app.containers("web"):
        host.docker("rm", "--force", name)
    host.docker("exec", "kamal-proxy", "kamal-proxy", "remove", app.prefix())
    first, second = app.tear_down("web"), app.tear_down("web")
    assert (first.status, second.status) == (0, 0), first.err + second.err


def test_a_role_that_never_got_beyond_its_candidate_goes_too(app: App) -> None:
    app.log_in()
    app.candidate_release("v1")
    assert app.tear_down("web").status == 0
    assert app.containers() == {}


def test_the_last_app_that_uses_an_image_takes_it_with_it(app: App, other_app: App, host: Host) -> None:
    """The first one has pulled it, and cannot take it from under the other."""
    app.release("v3")
    other_app.release("v3")
    for each in (app, other_app):
        assert host.docker("image", "inspect", "--format", "{{.Id}}", host.images["v3"])
        assert each.tear_down("web").status == 0
    assert host.docker("image", "inspect", host.images["v3"], check=False) == "[]"
