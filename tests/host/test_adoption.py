"""A renamed role, service or destination takes over the route: no request fails, and nothing is left behind."""

from collections.abc import Callable

import pytest

from components.host_tool.result import Prepared, Running, StartedCandidate
from tests.host.docker_host import App, Host, Load

RENAMES: dict[str, Callable[[App], tuple[App, str]]] = {
    "role": lambda app: (app, "front"),
    "service": lambda app: (App(app.host, app.destination, service="store", of=app), "web"),
    "destination": lambda app: (App(app.host, f"{app.destination}-eu", of=app), "web"),
}
"""What an app and its role `web` are called from now on."""


def release(app: App, role: str) -> Running:
    """Prepare the host for what the app is called now, and release v2."""
    app.prepare(roles=(role,)).result(Prepared)
    app.log_in()
    app.roles.add(role)
    image = app.host.images["store" if app.service == "store" else "v2"]
    candidate = app.call("candidate", role, image, "-", spec=app.candidate_spec("v2", role))
    return app.switch("v2", candidate.result(StartedCandidate).release, role).result(Running)


@pytest.mark.parametrize("rename", RENAMES.values(), ids=RENAMES)
def test_no_request_fails_when_something_is_renamed(
    app: App, host: Host, rename: Callable[[App], tuple[App, str]]
) -> None:
    app.release("v1")
    new, role = rename(app)
    with Load(app) as load:
        running = release(new, role)
        assert app.remove_role("web").status == 0
    assert [answer for answer in load.answers if answer[0] != 200] == []
    assert {body for _, body in load.answers} == {"v1", "v2"}
    assert host.routes() == {app.prefix("web"): f"{running.container_id[:12]}:80"}
    assert app.containers("web") == {}
    assert new.record(role).route == app.prefix("web")
    assert new.tear_down(role).status == 0
    assert host.routes() == {}


def test_a_route_of_another_owner_is_taken_over_where_the_settings_say_so(app: App, other_app: App, host: Host) -> None:
    other_app.release("v1")
    app.log_in()
    candidate = app.candidate_release("v2")
    assert "or take it over" in app.switch("v2", candidate, hosts=(other_app.web_host,)).failure
    app.prepare(take_over=True).result(Prepared)
    with Load(other_app) as load:
        running = app.switch("v2", candidate, hosts=(other_app.web_host,)).result(Running)
        other_app.tear_down("web")
    assert [answer for answer in load.answers if answer[0] != 200] == []
    assert host.routes() == {other_app.prefix(): f"{running.container_id[:12]}:80"}
