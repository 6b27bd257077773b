"""A switch that kamal-proxy refuses: the host is as it was, and the candidate waits for the next attempt."""

import pytest

from tests.host.docker_host import App, Host, Result


@pytest.fixture
def candidate(app: App, other_app: App) -> str:
    """The release of a candidate for v2, with v1 routed, and another app that has host names of its own."""
    other_app.release("v1")
    app.release("v1")
    return app.candidate_release("v2")


def refused_switch(app: App, other_app: App, release: str) -> Result:
    result = app.switch("v2", release, hosts=(other_app.web_host,))
    assert (
        f"requests for {other_app.web_host} are routed to {other_app.prefix()}, role web of the app {other_app.name} of "
        f"stack {other_app.owner.stack}. Choose another proxy.host"
    ) in result.failure
    return result


def test_it_leaves_the_old_release_routed_and_the_candidate_up(
    app: App, other_app: App, candidate: str, host: Host
) -> None:
    before, record = app.snapshot(), app.record()
    refused_switch(app, other_app, candidate)
    assert app.snapshot() == before
    assert app.record() == record
    assert host.get(app.web_host) == (200, "v1")
    assert app.switch("v2", candidate).status == 0


def test_it_takes_back_a_container_that_it_has_made(app: App, other_app: App, candidate: str, host: Host) -> None:
    before = app.containers()
    name = f"{app.prefix()}-v2-{candidate[:8]}"
    host.docker("rm", "--force", name)
    refused_switch(app, other_app, candidate)
    assert app.containers() == {kept: state for kept, state in before.items() if kept != name}


def test_it_stops_a_container_that_it_has_started(app: App, other_app: App, candidate: str, host: Host) -> None:
    name = f"{app.prefix()}-v2-{candidate[:8]}"
    host.docker("stop", "--time", "1", name)
    before = app.containers()
    assert before[name] == "exited"
    refused_switch(app, other_app, candidate)
    assert app.containers() == before


def test_the_next_candidate_removes_it_as_it_was_never_switched_to(
    app: App, other_app: App, candidate: str, host: Host
) -> None:
    refused_switch(app, other_app, candidate)
    third = app.candidate_release("v3")
    assert sorted(name[-8:] for name in app.containers()) == sorted([app.record().current[:8], third[:8]])
