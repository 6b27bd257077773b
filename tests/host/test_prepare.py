"""prepare: the host is ready for releases."""

import shlex

import pytest

from components.host_tool.json_codec import to_json
from components.host_tool.program import bootstrap_words, packed_program, program_hash
from components.host_tool.result import Prepared
from components.host_tool.spec import PrepareSpec
from tests.host.docker_host import App, Host, Result
from tests.host.docker_shim import docker_replaced_by

NO_PROXY = PrepareSpec(
    network="kamal",
    service="shop",
    destination="none",
    roles=("web",),
    stack="a/b/c",
    resource="urn",
    take_over=False,
    tool="",
)


def test_prepare_installs_the_tool_and_says_which_docker_there_is(app: App, host: Host) -> None:
    assert app.prepare(proxy=None).result(Prepared).docker.startswith("2")
    tool = f"{app.home}/bin/host_tool-{program_hash()}"
    modes = host.run("stat", "-c", "%a", ".kamal", app.home, tool).out.split()
    assert modes == ["700", "700", "700"]


def test_prepare_twice_changes_nothing(app: App, host: Host) -> None:
    def seen() -> tuple[str, str]:
        proxy = host.docker("inspect", "--format", "{{.Id}} {{.State.StartedAt}}", "kamal-proxy")
        return proxy, host.run("stat", "-c", "%i %Y", f"{app.home}/bin/host_tool-{program_hash()}").out

    before = seen()
    again = app.prepare()
    assert seen() == before
    assert again.err == ""


DAMAGED = {"cut off": packed_program()[:-400], "changed": packed_program().swapcase(), "something else": "echo"}


@pytest.mark.parametrize("tool", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_program_is_not_installed(host: Host, tool: str) -> None:
    app = App(host, "damaged")
    assert "arrived damaged" in app.prepare(tool=tool).failure
    assert host.run("ls", app.home).status != 0


def test_a_host_without_python_is_told_how_to_get_it(host: Host) -> None:
    """Its PATH has what the bootstrap needs, and a Python that says that it is too old."""
    script = "printf '#!/bin/sh\\nexit 1\\n' >python3; chmod +x python3; ln -sf $(which sh uname) ."
    host.run("sh", "-c", f"mkdir -p /tmp/old-python; cd /tmp/old-python; {script}")
    result = host.run("env", "PATH=/tmp/old-python", *bootstrap_words("no-python"))
    assert "Python 3.9 or newer is needed on web1" in result.failure
    assert "apt install python3" in result.err
    assert "dnf install python3.11" in result.err


def test_a_host_without_docker_is_told_how_to_get_it(app: App, host: Host) -> None:
    hide = 'for found in $(which -a docker); do mount --bind /dev/null "$found"; done'
    result = _as_other_user(app, host, host.sandbox.inventory().hosts[0].user, hide)
    assert "Docker is not installed" in result.failure
    assert "https://docs.docker.com/engine/install/" in result.err


def test_a_user_without_permission_is_told_the_group_to_join(app: App, host: Host) -> None:
    result = _as_other_user(app, host, "nobody", ":")
    assert "nobody may not use Docker" in result.failure
    assert "usermod -aG docker nobody" in result.err


def test_a_host_whose_docker_daemon_is_down_is_told_to_start_it(app: App) -> None:
    result = app.call("prepare", "id", spec=NO_PROXY, before="export DOCKER_HOST=unix:///tmp/none.sock")
    assert "does not answer" in result.failure
    assert "systemctl start docker" in result.err
    assert "Docker says: Cannot connect to the Docker daemon at unix:///tmp/none.sock" in result.err


def test_a_docker_that_is_too_old_is_refused(app: App) -> None:
    """The one thing that cannot be had for real here is an old Docker: its answer is."""
    answer = '{"ServerVersion": "19.03.15", "DockerRootDir": "/"}'
    result = app.call("prepare", "id", spec=NO_PROXY, before=docker_replaced_by(f"echo '{answer}'"))
    assert "Docker 19.03.15" in result.failure
    assert "20.10 or newer" in result.err


def test_an_app_of_another_owner_is_refused_before_anything_is_changed(app: App, host: Host) -> None:
    before = app.file("app.json"), app.file("host.json")
    result = app.prepare(stack="acme/other/production", network="other")
    # The id is the same: a renamed stack.
    assert result.status == 0, result.err
    stranger = app.call("prepare", "other-id", spec=app.prepare_spec(stack="acme/stranger/production"))
    assert f"the app {app.name} belongs to stack acme/other/production" in stranger.failure
    app.prepare()
    assert (app.file("app.json"), app.file("host.json")) == before


def _as_other_user(app: App, host: Host, user: str, first: str) -> Result:
    """The tool's `prepare` as `user`, in a mount namespace where root has run `first`."""
    home = f"~{host.sandbox.inventory().hosts[0].user}"
    run = f"cd /tmp/user && echo {shlex.quote(to_json(NO_PROXY))} | ./host_tool prepare shop-permission id"
    script = (
        f"rm -rf /tmp/user && mkdir /tmp/user && cp {home}/{app.home}/bin/host_tool-{program_hash()} /tmp/user/host_tool "
        f"&& chown -R {user} /tmp/user && "
        f"unshare --mount sh -c '{first}; exec runuser -u {user} -- sh -c \"$0\"' {shlex.quote(run)}"
    )
    return host.as_root(script)
