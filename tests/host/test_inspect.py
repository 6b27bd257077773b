"""inspect: what runs, role by role."""

from components.host_tool.result import Inspection, RoleInspection
from tests.host.docker_host import App, Host


def test_it_says_what_runs_and_changes_nothing(app: App) -> None:
    web = app.release("v1")
    worker = app.release("v2", "worker")
    before = app.snapshot(), app.audit()
    roles = app.call("inspect").result(Inspection).roles
    assert roles == {"web": RoleInspection("running", web), "worker": RoleInspection("running", worker)}
    assert (app.snapshot(), app.audit()) == before


def test_it_tells_of_a_container_that_has_stopped_or_is_gone(app: App, host: Host) -> None:
    running = app.release("v1")
    host.docker("stop", "--time", "1", running.container)
    assert app.call("inspect").result(Inspection).roles == {"web": RoleInspection("exited", running)}
    host.docker("rm", running.container)
    assert app.call("inspect").result(Inspection).roles == {"web": RoleInspection("absent")}
