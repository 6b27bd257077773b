"""Assets: each of two versions serves its own and those of the other one, and none is ever overwritten."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from components.host_tool.errors import StepError

from .conftest import FakeApp
from .fake_host import FakeHost, image_of, killed_at_every_call

ASSETS = "/app/assets"


def with_assets(host: FakeHost, path: str = ASSETS) -> FakeHost:
    """Have the role serve assets: each version has one of its own, one under the same name as others, and a hidden one."""
    host.asset_path = (path,)
    for version in ("v1", "v2", "v3"):
        files = {f"{version}.css": version, "js/app.js": version, f"js/.{version}.map": version}
        host.docker.folders[image_of(version)] = {ASSETS: files}
    return host


def served_by(host: FakeHost, version: str, path: str = ASSETS) -> dict[str, str]:
    """Return the files with their content that the container of a version has in place of a folder of its own."""
    container = next(each for each in host.docker.containers_by_age if each.labels.get("version") == version)
    volume = next(mount for mount in container.mounts if mount.split(":")[1] == path)
    folder = Path(volume.split(":")[0])
    return {str(file.relative_to(folder)): file.read_text() for file in folder.rglob("*") if file.is_file()}


def both(own: str, other: str) -> dict[str, str]:
    """Return the files of a version with those that only another one has."""
    return {
        f"{own}.css": own,
        "js/app.js": own,
        f"js/.{own}.map": own,
        f"{other}.css": other,
        f"js/.{other}.map": other,
    }


@pytest.mark.parametrize("path", [ASSETS, f"{ASSETS}:ro"])
def test_two_versions_serve_each_others_assets_from_the_candidate_on(host: FakeHost, path: str) -> None:
    with_assets(host, path).release("v1")
    host.candidate("v2")
    assert served_by(host, "v1") == both("v1", "v2")
    assert served_by(host, "v2") == both("v2", "v1")


def test_a_version_does_not_serve_the_assets_of_the_one_before_the_last(host: FakeHost) -> None:
    """They would become more with every deploy."""
    for version in ("v1", "v2", "v3"):
        with_assets(host).release(version)
    assert served_by(host, "v3") == both("v3", "v2")


def test_the_mount_has_the_options_of_the_settings(host: FakeHost) -> None:
    with_assets(host, f"{ASSETS}:ro,z").release("v1")
    [mount] = host.routed_container("shop-web").mounts
    assert mount.endswith(f"/served:{ASSETS}:ro,z")
    assert mount.startswith("/")


def test_several_folders_are_bridged_each_with_its_own(host: FakeHost) -> None:
    host.asset_path = (ASSETS, "/packs")
    for version in ("v1", "v2"):
        host.docker.folders[image_of(version)] = {ASSETS: {"a": version}, "/packs": {f"{version}.js": version}}
    host.release("v1")
    host.release("v2")
    assert served_by(host, "v2") == {"a": "v2"}
    assert served_by(host, "v2", "/packs") == {"v1.js": "v1", "v2.js": "v2"}


def test_a_version_that_comes_back_serves_the_assets_of_the_one_that_it_follows(host: FakeHost) -> None:
    for version in ("v1", "v2", "v3", "v1"):
        with_assets(host).release(version)
    assert "v3.css" in served_by(host, "v1")
    assert "v1.css" in served_by(host, "v3")


def test_a_candidate_that_fails_leaves_none_of_its_assets(host: FakeHost, app: FakeApp) -> None:
    with_assets(host).release("v1")
    before = served_by(host, "v1")
    app.status = 500
    with pytest.raises(StepError, match="did not become healthy"):
        host.candidate("v2")
    assert served_by(host, "v1") == before
    assert len(list(host.folder.path.rglob("assets"))) == 1


def test_assets_go_with_the_release(host: FakeHost) -> None:
    for version in ("v1", "v2", "v3"):
        with_assets(host).release(version, retain=1)
    assert len(list(host.folder.path.rglob("assets"))) == 2


def test_an_image_without_the_folder_fails_and_is_told(host: FakeHost) -> None:
    host.asset_path = ("/nowhere",)
    with pytest.raises(StepError, match=r"has the folder /nowhere \(asset_path\)"):
        host.candidate("v1")
    assert [each.name for each in host.docker.containers_by_age] == ["kamal-proxy"]
    assert not list(host.folder.path.rglob("assets*"))


def test_a_container_whose_assets_were_removed_from_the_host_is_replaced(host: FakeHost) -> None:
    with_assets(host).release("v1")
    lost = host.routed_container("shop-web")
    shutil.rmtree(host.folder.path)
    host.prepare()
    host.release("v1")
    assert host.routed_container("shop-web") is not lost
    assert served_by(host, "v1")["v1.css"] == "v1"
    again = host.candidate("v1").release
    assert again == host.record().current


def test_a_candidate_killed_at_any_moment_can_be_run_again(new_host: Callable[[], FakeHost]) -> None:
    def before(host: FakeHost) -> None:
        host.prepare()
        with_assets(host).release("v1")

    for host in killed_at_every_call(new_host, before, lambda host: host.candidate("v2")):
        assert host.routed_version() == "v1"
        host.candidate("v2")
        assert served_by(host, "v1") == both("v1", "v2")
        assert served_by(host, "v2") == both("v2", "v1")
        assert not any(each.name.endswith("-assets") for each in host.docker.containers_by_age)


def test_a_teardown_removes_what_a_killed_copy_has_left(new_host: Callable[[], FakeHost]) -> None:
    def before(host: FakeHost) -> None:
        host.prepare()
        with_assets(host)

    for host in killed_at_every_call(new_host, before, lambda host: host.candidate("v1")):
        host.remove()
        assert host.docker.containers_by_age == []


def test_folders_that_nobody_may_read_are_made_readable(host: FakeHost) -> None:
    """The app may run as any user, and `docker cp` keeps no owners."""
    with_assets(host).release("v1")
    [folder] = host.folder.path.rglob("served")
    assert {oct(path.stat().st_mode & 0o777) for path in [folder, *folder.rglob("*")]} == {"0o755", "0o644"}
