"""remove: nothing of the app stays but named volumes, and nothing of others goes."""

from collections.abc import Callable

import pytest

from components.host_tool.errors import StepError

from .fake_docker import FakeContainer
from .fake_host import FakeHost, killed_at_every_call

OTHERS = FakeContainer("f" * 64, "others", "nginx", "sha256:", "kamal", {}, {}, [], "running")


def test_nothing_stays_on_a_host_without_other_apps(host: FakeHost) -> None:
    host.release("v1")
    host.release("v2")
    host.remove()
    assert host.docker.containers_by_age == []
    assert host.docker.volumes == host.docker.networks == set()
    assert host.docker.routes == {}
    assert not host.folder.kamal.exists()


def test_it_may_be_run_again(host: FakeHost) -> None:
    host.release("v1")
    host.remove()
    host.remove()


def test_a_role_that_never_had_a_candidate_can_be_removed(host: FakeHost) -> None:
    host.remove()
    assert host.docker.containers_by_age == []


def test_containers_have_the_stop_timeout_of_the_settings(host: FakeHost) -> None:
    host.release("v1", stop_timeout=45)
    container = host.docker.containers_by_age[0].id[:12]
    host.remove()
    assert ("stop", "--time", "45", container) in host.docker.calls


def test_the_route_goes_before_the_container_stops(host: FakeHost) -> None:
    host.release("v1")
    host.remove()
    calls = [words[:4] for words in host.docker.calls]
    unrouted = calls.index(("exec", "kamal-proxy", "kamal-proxy", "remove"))
    assert unrouted < next(place for place, words in enumerate(calls) if words[0] == "stop")


@pytest.mark.parametrize(
    ("status", "said"),
    [
        pytest.param(137, "", id="it was killed"),
        pytest.param(1, "Error: dial unix: connect: connection refused\n", id="it does not answer"),
        pytest.param(1, "Cannot connect to the Docker daemon\n", id="dockerd is gone"),
    ],
)
def test_kamal_proxy_stays_when_its_routes_cannot_be_listed(host: FakeHost, status: int, said: str) -> None:
    host.release("v1")
    host.docker.fail("exec", "kamal-proxy", "kamal-proxy", "list", status=status, said=said)
    host.remove()
    assert host.docker.named("kamal-proxy").state == "running"
    assert host.docker.networks == {"kamal"}


def test_kamal_proxy_stays_while_it_routes_to_others(host: FakeHost) -> None:
    host.release("v1")
    host.docker.routes["others"] = "others:80"
    host.remove()
    assert host.docker.routes == {"others": "others:80"}
    assert [container.name for container in host.docker.containers_by_age] == ["kamal-proxy"]


def test_kamal_proxy_and_network_stay_for_another_app(host: FakeHost) -> None:
    host.release("v1")
    (host.folder.kamal / "apps" / "other").mkdir()
    host.remove()
    assert [container.name for container in host.docker.containers_by_age] == ["kamal-proxy"]
    assert host.docker.networks == {"kamal"}
    assert [path.name for path in host.folder.kamal.glob("apps/*")] == ["other"]


def test_the_network_stays_while_a_container_of_others_is_in_it(host: FakeHost) -> None:
    host.release("v1")
    host.docker.containers_by_age.append(OTHERS)
    host.remove()
    assert host.docker.containers_by_age == [OTHERS]
    assert host.docker.networks == {"kamal"}


def test_a_route_that_cannot_be_removed_keeps_its_container(host: FakeHost) -> None:
    host.release("v1")
    host.docker.fail("exec", "kamal-proxy", "kamal-proxy", "remove", said="Error: unexpected EOF\n")
    with pytest.raises(StepError, match="the route shop-web could not be removed from kamal-proxy: Error: unexpected"):
        host.remove()
    assert host.routed_version() == "v1"


def test_a_teardown_killed_at_any_moment_can_be_run_again(new_host: Callable[[], FakeHost]) -> None:
    def before(host: FakeHost) -> None:
        host.prepare()
        host.release("v1")
        host.release("v2")

    for host in killed_at_every_call(new_host, before, FakeHost.remove):
        host.remove()
        assert host.docker.containers_by_age == []
        assert not host.folder.kamal.exists()
