"""asset_path: two versions answer for each other's files, behind a real kamal-proxy."""

from components.host_tool.result import Running
from tests.host.docker_host import App, Host, Load

OWN = {"v1": "/assets/v1.css", "v2": "/assets/v2.css"}


def answer(app: App, path: str) -> tuple[int, str]:
    """The status and the body of the app's answer for a path."""
    return app.host.get(app.web_host, path)


def asset_folders(app: App, what: str = "assets") -> list[str]:
    """The folders with assets on the host."""
    return app.host.run("find", f"{app.home}/roles", "-name", what).out.split()


def test_an_old_asset_is_served_after_the_deploy_and_a_new_one_by_the_old_container_during_it(
    app: App, host: Host
) -> None:
    paths = ("/www/assets:ro",)
    app.release("v1", asset_path=paths)
    assert answer(app, OWN["v2"])[0] == 404
    with Load(app) as load:
        release = app.candidate_release("v2", asset_path=paths)
        assert answer(app, "/version") == (200, "v1")
        assert answer(app, OWN["v2"]) == (200, "v2")
        assert answer(app, "/assets/js/.v2.map") == (200, "v2")
        assert answer(app, "/assets/js/app.js") == (200, "v1")
        running = app.switch("v2", release).result(Running)
        assert answer(app, "/version") == (200, "v2")
        assert answer(app, OWN["v1"]) == (200, "v1")
        assert answer(app, "/assets/js/.v1.map") == (200, "v1")
        assert answer(app, "/assets/js/app.js") == (200, "v2")
    assert {status for status, _ in load.answers} == {200}
    assert "Read-only file system" in host.docker_failure("exec", running.container, "touch", "/www/assets/x")
    # A user of the container who is not root can read what only root could in the image.
    assert host.docker("exec", "--user", "nobody", running.container, "cat", "/www/assets/v2.css") == "v2"
    assert not host.docker("ps", "--all", "--quiet", "--filter", f"name={app.prefix()}-assets")


def test_a_container_may_write_to_its_assets_and_they_go_with_it(app: App, host: Host) -> None:
    paths = ("/www/assets",)
    running = app.release("v1", asset_path=paths)
    host.docker("exec", running.container, "sh", "-c", "echo made >/www/assets/made")
    app.release("v2", asset_path=paths)
    assert answer(app, "/assets/made")[0] == 404
    app.release("v3", asset_path=paths, retain=1)
    assert len(asset_folders(app)) == 2
    app.tear_down()
    assert host.run("ls", app.home).status != 0


def test_what_a_container_has_written_as_root_is_left_to_root_and_told(app: App, host: Host) -> None:
    """The SSH user may not remove what is in a folder of another user's."""
    running = app.release("v1", asset_path=("/www/assets",))
    host.docker("exec", running.container, "sh", "-c", "mkdir /www/assets/cache; touch /www/assets/cache/file")
    torn_down = app.tear_down()
    assert torn_down.status == 0
    assert f"~/{app.home}/roles/web is left there" in torn_down.err
    assert app.containers() == {}
    assert host.run("ls", app.home).out.split() == ["audit.log", "roles"]
    host.as_root(f"rm -rf ~{host.sandbox.inventory().hosts[0].user}/{app.home}")


def test_a_failed_candidate_leaves_no_asset_and_one_whose_image_lacks_the_folder_says_so(shared_app: App) -> None:
    before = shared_app.snapshot()
    result = shared_app.candidate("v2", asset_path=("/nowhere",))
    assert "the assets could not be copied" in result.failure
    assert "/nowhere (asset_path)" in result.failure
    failed = shared_app.candidate("v2", asset_path=("/www/assets",), path="/missing", deploy_timeout=2)
    assert "did not become healthy" in failed.failure
    assert shared_app.snapshot() == before
