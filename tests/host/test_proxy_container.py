"""kamal-proxy's own container: booted, started again, replaced; and found half replaced."""

from dataclasses import replace

import pytest

from components.host_tool.result import Prepared, Running
from components.host_tool.spec import ProxyRunSpec
from tests.host.docker_host import PROXY, RUN, App, Host
from tests.host.docker_shim import killed_after

NEWER = "basecamp/kamal-proxy:v0.9.10"

CHANGED = replace(RUN, options={"env": ("A=1",)})


def test_kamal_proxy_is_booted(app: App, host: Host) -> None:
    host.docker("rm", "--force", "kamal-proxy")
    assert app.prepare().result(Prepared).proxy == PROXY.partition("/")[2]
    assert host.docker("inspect", "--format", "{{.State.Running}} {{.Config.Image}}", "kamal-proxy") == f"true {PROXY}"


def test_a_stopped_kamal_proxy_is_started_again(app: App, host: Host) -> None:
    host.docker("stop", "kamal-proxy")
    assert "starting it" in app.prepare().err
    assert host.docker("inspect", "--format", "{{.State.Running}}", "kamal-proxy") == "true"


def test_kamal_proxy_is_replaced_when_its_options_change_and_keeps_its_routes(app: App, host: Host) -> None:
    app.release("v1")
    assert "replacing kamal-proxy" in app.prepare(CHANGED).err
    assert "A=1" in host.docker("inspect", "--format", "{{.Config.Env}}", "kamal-proxy")
    assert host.get(app.web_host) == (200, "v1")


def test_another_kamal_proxy_stays_when_an_app_of_another_owner_uses_it(app: App, other_app: App, host: Host) -> None:
    host.docker("tag", PROXY, NEWER)
    before = host.docker("inspect", "--format", "{{.Id}}", "kamal-proxy")
    wanted = replace(RUN, image=NEWER)
    result = app.prepare(wanted)
    assert result.result(Prepared).proxy == PROXY.partition("/")[2]
    assert f"stays as it is, though proxy.run says otherwise: {other_app.name} use it" in result.err
    assert host.docker("inspect", "--format", "{{.Id}}", "kamal-proxy") == before
    assert (
        "has the ports 80, 443, and proxy.run wants 8088 and 443" in app.prepare(replace(RUN, http_port=8088)).failure
    )
    assert app.prepare(replace(wanted, replace=True)).result(Prepared).proxy == "kamal-proxy:v0.9.10"
    host.docker("rm", "--force", "kamal-proxy")


def test_a_taken_port_is_named_with_its_holder_and_the_old_proxy_runs_again(app: App, host: Host) -> None:
    app.pull("v1")
    host.docker("run", "--detach", "--name", "squatter", "--publish", "8088:80", host.images["v1"])
    before = host.docker("inspect", "--format", "{{.Id}}", "kamal-proxy")
    result = app.prepare(replace(RUN, http_port=8088))
    host.docker("rm", "--force", "squatter")
    assert "port 8088" in result.failure
    assert "taken by the container squatter" in result.err
    assert "the old kamal-proxy runs again" in result.err
    assert host.docker("inspect", "--format", "{{.Id}} {{.State.Running}}", "kamal-proxy") == f"{before} true"


@pytest.fixture(
    params=[
        "rename kamal-proxy ",
        "create --name kamal-proxy",
        "stop --time 10 kamal-proxy-replaced",
        "start kamal-proxy",
    ]
)
def half_replaced(request: pytest.FixtureRequest, app: App, host: Host) -> App:
    """The app with v1 routed, after a replacement of kamal-proxy that was killed when it had come to one of its calls."""
    app.release("v1")
    result = app.call("prepare", app.owner.id, spec=app.prepare_spec(CHANGED), before=killed_after(request.param))
    assert result.status == 137, result.err
    assert "kamal-proxy-replaced" in host.docker("ps", "--all", "--format", "{{.Names}}").split()
    return app


@pytest.mark.parametrize("wanted", [CHANGED, RUN], ids=["the new options", "the old options"])
def test_prepare_finishes_or_takes_back_a_replacement_that_was_killed(
    half_replaced: App, host: Host, wanted: ProxyRunSpec
) -> None:
    assert half_replaced.prepare(wanted).result(Prepared).proxy == PROXY.partition("/")[2]
    assert "kamal-proxy-replaced" not in host.docker("ps", "--all", "--format", "{{.Names}}").split()
    assert host.get(half_replaced.web_host) == (200, "v1")
    assert ("A=1" in host.docker("inspect", "--format", "{{.Config.Env}}", "kamal-proxy")) == (wanted is CHANGED)


def test_a_release_is_not_hindered_by_a_replacement_that_was_killed(half_replaced: App, host: Host) -> None:
    """It may be that of another app, which does not prepare the host again."""
    release = half_replaced.candidate_release("v2")
    half_replaced.switch("v2", release).result(Running)
    assert host.get(half_replaced.web_host) == (200, "v2")
