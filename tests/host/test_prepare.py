"""prepare: the host is ready for releases."""

import shlex

from components.host_tool import host_tool_hash, host_tool_text
from tests.host.docker_host import PROXY, App, Host, Result


def test_prepare_installs_the_tool_and_boots_kamal_proxy(app: App, host: Host) -> None:
    said = app.prepare().spec
    assert said["proxy"] == PROXY.partition("/")[2]
    assert said["docker"].startswith(("20.", "2"))
    assert host.docker("inspect", "--format", "{{.State.Running}} {{.Config.Image}}", "kamal-proxy") == f"true {PROXY}"
    modes = host.run("stat", "-c", "%a", ".kamal", app.home, f"{app.home}/fingerprint.key").out.split()
    assert modes == ["700", "700", "600"]


def test_prepare_twice_changes_nothing(app: App, host: Host) -> None:
    tool = f"{app.home}/bin/host_tool-{host_tool_hash(host_tool_text())}"

    def seen() -> tuple[str, str]:
        proxy = host.docker("inspect", "--format", "{{.Id}} {{.State.StartedAt}}", "kamal-proxy")
        return proxy, host.run("stat", "-c", "%i %Y", tool, f"{app.home}/fingerprint.key").out

    before = seen()
    again = app.prepare()
    assert seen() == before
    assert again.err == ""


def test_a_damaged_program_is_not_installed(host: Host) -> None:
    app = App(host, "damaged")
    result = app.prepare(text=host_tool_text() + "echo more")
    assert "arrived damaged" in result.failure
    assert host.run("ls", app.home).status != 0


def test_a_stopped_kamal_proxy_is_started_again(app: App, host: Host) -> None:
    host.docker("stop", "kamal-proxy")
    assert "starting it" in app.prepare().err
    assert host.docker("inspect", "--format", "{{.State.Running}}", "kamal-proxy") == "true"


def test_kamal_proxy_is_replaced_when_its_options_change_and_keeps_its_routes(app: App, host: Host) -> None:
    app.release("v1")
    assert "replacing kamal-proxy" in app.prepare(**{"proxy.option.env": "A=1"}).err
    assert "A=1" in host.docker("inspect", "--format", "{{.Config.Env}}", "kamal-proxy")
    assert host.get(app.web_host) == (200, "v1")


def test_a_newer_kamal_proxy_stays_when_another_app_uses_it(app: App, other_app: App, host: Host) -> None:
    host.docker("tag", PROXY, "basecamp/kamal-proxy:v0.9.10")
    assert app.prepare(**{"proxy.image": "basecamp/kamal-proxy:v0.9.10"}).spec["proxy"] == "kamal-proxy:v0.9.10"
    result = other_app.prepare()
    assert result.spec["proxy"] == "kamal-proxy:v0.9.10"
    assert "newer" in result.err
    host.docker("rm", "--force", "kamal-proxy")


def test_a_taken_port_is_named_with_its_holder_and_the_old_proxy_runs_again(app: App, host: Host) -> None:
    app.pull("v1")
    host.docker("run", "--detach", "--name", "squatter", "--publish", "8088:80", host.images["v1"])
    before = host.docker("inspect", "--format", "{{.Id}}", "kamal-proxy")
    result = app.prepare(**{"proxy.http_port": "8088"})
    assert "port 8088" in result.failure
    assert "taken by the container squatter" in result.err
    assert "the old kamal-proxy runs again" in result.err
    assert host.docker("inspect", "--format", "{{.Id}} {{.State.Running}}", "kamal-proxy") == f"{before} true"
    host.docker("rm", "--force", "squatter")


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
    result = app.call("prepare", spec={"network": "kamal"}, before="export DOCKER_HOST=unix:///tmp/none.sock")
    assert "does not answer" in result.failure
    assert "systemctl start docker" in result.err


def test_a_docker_that_is_too_old_is_refused(app: App) -> None:
    """The one thing that cannot be had for real here is an old Docker: its answer is."""
    old = "mkdir -p /tmp/old && printf '#!/bin/sh\\necho 19.03.15:/\\n' >/tmp/old/docker && chmod +x /tmp/old/docker"
    result = app.call("prepare", spec={"network": "kamal"}, before=f"{old}; export PATH=/tmp/old:$PATH")
    assert "Docker 19.03.15" in result.failure
    assert "20.10 or newer" in result.err


def _as_other_user(app: App, host: Host, user: str, first: str) -> Result:
    """The tool's `prepare` as `user`, in a mount namespace where root has run `first`."""
    home = f"~{host.sandbox.inventory().hosts[0].user}"
    tool = f"{home}/{app.home}/bin/host_tool-*"
    run = "cd /tmp/user && echo 'network: \"kamal\"' | sh ./host_tool prepare shop-permission"
    script = (
        f"rm -rf /tmp/user && mkdir /tmp/user && cp {tool} /tmp/user/host_tool && chown -R {user} /tmp/user && "
        f"unshare --mount sh -c '{first}; exec runuser -u {user} -- sh -c \"$0\"' {shlex.quote(run)}"
    )
    return host.as_root(script)
