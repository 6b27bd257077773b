"""remove: nothing of a role or an app stays, but data."""

from tests.host.docker_host import App, Host


def test_a_role_goes_and_the_others_stay(app: App, host: Host) -> None:
    app.release("v1")
    app.release("v1", "worker")
    assert app.call("remove", "web").status == 0
    assert app.containers("web") == {}
    assert list(app.containers("worker").values()) == ["running"]
    assert app.prefix() not in host.routes()
    assert host.run("ls", f"{app.home}/roles").out.split() == ["worker"]


def test_the_last_role_takes_the_app_and_its_images_with_it_but_no_volume(app: App, host: Host) -> None:
    app.pull("v3")
    app.candidate("v3", **{"option.volume": f"{app.name}-data:/data"})
    app.release("v3")
    assert app.call("remove", "web").status == 0
    assert app.containers() == {}
    assert host.run("ls", app.home).status != 0
    assert host.docker("image", "inspect", host.images["v3"], check=False) == "[]"
    assert f"{app.name}-data" in host.docker("volume", "ls", "--quiet").split()
    host.docker("volume", "rm", f"{app.name}-data")


def test_removing_again_and_what_is_gone_already_is_fine(app: App, host: Host) -> None:
    app.release("v1")
    app.release("v1", "worker")
    for name in app.containers("web"):
        host.docker("rm", "--force", name)
    host.docker("exec", "kamal-proxy", "kamal-proxy", "remove", app.prefix())
    first, second = app.call("remove", "web"), app.call("remove", "web")
    assert (first.status, second.status) == (0, 0), first.err + second.err
