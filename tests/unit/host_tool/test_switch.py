"""switch: what is routed afterwards, what is put back, and what is never touched, however kamal-proxy fails."""

from collections.abc import Callable

import pytest

from components.host_tool import proxy_container
from components.host_tool.errors import StepError

from .conftest import FakeApp
from .fake_host import ROLE, SERVICE, FakeHost, killed_at_every_call

UNHEALTHY = "Error: target failed to become healthy within configured timeout (30s)\n"
DEPLOY = ("exec", "kamal-proxy", "kamal-proxy", "deploy")

# How a call of kamal-proxy ends that nobody knows the result of: exit status, what is said.
LOST = [
    pytest.param(137, "", id="kamal-proxy was killed"),
    pytest.param(1, "Error: unexpected EOF\n", id="kamal-proxy was restarted"),
    pytest.param(1, "error during connect: Post ...: EOF\n", id="dockerd was restarted"),
    pytest.param(1, "Cannot connect to the Docker daemon at unix:///var/run/docker.sock.\n", id="dockerd is gone"),
]


def test_a_switch_moves_the_route_and_keeps_the_old_container_stopped(host: FakeHost) -> None:
    host.release("v1")
    running = host.release("v2")
    assert host.routed_version() == "v2"
    assert host.docker.states() == {"v1": "exited", "v2": "running"}
    assert (running.version, running.previous) == ("v2", "v1")


def test_a_rollback_starts_the_kept_container_again(host: FakeHost) -> None:
    first = host.release("v1")
    host.release("v2")
    assert host.release("v1").container_id == first.container_id
    assert host.routed_version() == "v1"
    assert host.docker.states() == {"v1": "running", "v2": "exited"}


def test_a_release_that_runs_already_stays_as_it_is(host: FakeHost) -> None:
    first = host.release("v1")
    assert host.release("v1") == first
    assert host.record().previous == ""


def test_only_as_many_old_containers_are_kept_as_are_wanted(host: FakeHost) -> None:
    for version in ("v1", "v2", "v3", "v4"):
        host.release(version, retain=1)
    assert host.docker.states() == {"v3": "exited", "v4": "running"}
    assert {record.container.version for record in host.folder.role(ROLE).releases().values()} == {"v3", "v4"}
    assert {image.version for image in host.docker.images.values() if image.service} == {"v3", "v4"}


def test_removed_containers_leave_no_anonymous_volumes(host: FakeHost) -> None:
    for version in ("v1", "v2", "v3", "v4"):
        host.release(version, retain=1)
    assert host.docker.volumes == {container.id for container in host.docker.containers_by_age}


# Defect 1 of issue 7.


@pytest.mark.parametrize(("status", "said"), LOST)
def test_kamal_proxy_that_ends_while_it_drains_has_not_refused(host: FakeHost, status: int, said: str) -> None:
    host.release("v1")
    release = host.candidate("v2").release
    host.docker.fail(*DEPLOY, status=status, said=said, done=True)
    running = host.switch("v2", release)
    assert running.version == host.routed_version() == "v2"
    assert host.docker.states() == {"v1": "exited", "v2": "running"}


@pytest.mark.parametrize(("status", "said"), LOST)
def test_both_containers_stay_when_kamal_proxy_ends_before_it_switched(host: FakeHost, status: int, said: str) -> None:
    host.release("v1")
    release = host.candidate("v2").release
    host.docker.fail(*DEPLOY, status=status, said=said)
    with pytest.raises(StepError, match="nobody knows whether kamal-proxy would have switched to version v2"):
        host.switch("v2", release)
    assert host.routed_version() == "v1"
    assert host.docker.states() == {"v1": "running", "v2": "running"}
    assert host.release("v2").version == host.routed_version() == "v2"


def test_what_is_routed_after_a_lost_switch_is_not_removed_by_the_next_candidate(
    host: FakeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The switch has happened, and the host could not find out: the next deploy is one of another version."""
    monkeypatch.setattr(proxy_container, "ANSWER_LIMIT", 0)
    host.release("v1")
    release = host.candidate("v2").release
    host.docker.fail(*DEPLOY, status=137, done=True)
    for _ in range(3):
        host.docker.fail("exec", "kamal-proxy", "kamal-proxy", "list", said="Error: dial unix: no such file")
    with pytest.raises(StepError, match="kamal-proxy does not answer"):
        host.switch("v2", release)
    host.docker.failures.clear()
    assert host.candidate("v3").previous == release
    assert host.routed_version() == "v2"


def test_what_is_routed_is_neither_stopped_nor_removed_when_old_containers_are_retired(host: FakeHost) -> None:
    host.release("v1")
    old = host.docker.routes[SERVICE]
    host.docker.routes["by-hand"] = old
    host.release("v2", retain=0)
    assert host.docker.named(old.partition(":")[0]).state == "running"


def test_what_is_routed_is_not_removed_when_a_refused_switch_is_undone(host: FakeHost) -> None:
    """The container went while the switch waited, was made again, and somebody has routed to it."""
    host.release("v1")
    release = host.candidate("v2").release
    host.docker.run("rm", "--force", "--volumes", host.docker.containers_by_age[0].id)
    host.docker.fail(*DEPLOY, said=UNHEALTHY, done=True)
    with pytest.raises(StepError, match="version v2"):
        host.switch("v2", release)
    assert host.routed_version() == "v2"


# Defect 8.


def test_a_container_of_another_image_than_its_release_names_is_told_after_the_switch(host: FakeHost) -> None:
    release = host.candidate("v1").release
    host.docker.containers_by_age[0].image_id = "sha256:other"
    with pytest.raises(StepError, match=r"after the switch the image digest of container .* is \"\", expected"):
        host.switch("v1", release)


def test_a_route_that_somebody_else_has_moved_is_told_after_the_switch(host: FakeHost) -> None:
    release = host.candidate("v1").release
    host.docker.fail(*DEPLOY, status=0)
    host.docker.routes[SERVICE] = "others:80"
    with pytest.raises(StepError, match="after the switch the target of kamal-proxy"):
        host.switch("v1", release)


# Refusals.


def test_a_refused_switch_keeps_the_old_version_and_the_candidate(host: FakeHost, app: FakeApp) -> None:
    host.release("v1")
    before = host.record()
    release = host.candidate("v2").release
    app.status = 500
    host.docker.fail(*DEPLOY, said=UNHEALTHY)
    with pytest.raises(StepError, match="version v2 did not become healthy within 0 s"):
        host.switch("v2", release)
    assert host.routed_version() == "v1"
    assert host.docker.states() == {"v1": "running", "v2": "running"}
    assert host.record() == before


def test_a_container_made_by_a_refused_switch_goes(host: FakeHost) -> None:
    host.release("v1")
    release = host.candidate("v2").release
    host.docker.run("rm", "--force", "--volumes", host.docker.containers_by_age[0].id)
    host.docker.fail(*DEPLOY, said=UNHEALTHY)
    with pytest.raises(StepError, match="version v2"):
        host.switch("v2", release)
    assert host.docker.states() == {"v1": "running"}


def test_a_container_started_by_a_refused_rollback_stops_again(host: FakeHost) -> None:
    host.release("v1")
    release = host.record().current
    host.release("v2")
    host.docker.fail(*DEPLOY, said=UNHEALTHY)
    with pytest.raises(StepError, match="version v1"):
        host.switch("v1", release)
    assert host.docker.states() == {"v1": "exited", "v2": "running"}


def test_a_kamal_proxy_that_somebody_stopped_is_started(host: FakeHost) -> None:
    release = host.candidate("v1").release
    host.docker.run("stop", "kamal-proxy")
    host.switch("v1", release)
    assert host.routed_version() == "v1"


def test_a_switch_without_kamal_proxy_says_which_step_makes_one(host: FakeHost) -> None:
    release = host.candidate("v1").release
    before = host.record()
    host.docker.run("rm", "--force", "kamal-proxy")
    with pytest.raises(StepError, match="kamal-proxy is not on this host any more"):
        host.switch("v1", release)
    assert host.docker.states() == {"v1": "running"}
    assert host.record() == before


def test_a_switch_goes_on_where_another_app_was_killed_while_it_replaced_kamal_proxy(host: FakeHost) -> None:
    release = host.candidate("v1").release
    host.docker.run("rename", "kamal-proxy", "kamal-proxy-replaced")
    host.switch("v1", release)
    assert host.routed_version() == "v1"


def test_a_release_that_the_host_does_not_know_is_refused(host: FakeHost) -> None:
    with pytest.raises(StepError, match="release abc is not known on this host"):
        host.switch("v1", "abc")


def release_v1_and_start_v2(host: FakeHost) -> None:
    host.prepare()
    host.release("v1")
    host.candidate("v2")


def switch_to_v2(host: FakeHost) -> None:
    releases = host.folder.role(ROLE).releases()
    [release] = [name for name, record in releases.items() if record.container.version == "v2"]
    host.switch("v2", release)


def test_a_switch_killed_at_any_moment_leaves_a_version_routed_and_can_be_run_again(
    new_host: Callable[[], FakeHost],
) -> None:
    for host in killed_at_every_call(new_host, release_v1_and_start_v2, switch_to_v2):
        assert host.routed_version() in ("v1", "v2")
        host.candidate("v2")
        switch_to_v2(host)
        assert host.routed_version() == "v2"
        assert host.docker.states() == {"v1": "exited", "v2": "running"}


# Workers.


@pytest.mark.parametrize("strategy", ["start-first", "stop-first"])
def test_a_worker_takes_over_without_kamal_proxy(host: FakeHost, strategy: str) -> None:
    host.docker.run("rm", "--force", "kamal-proxy")
    host.strategy = strategy
    host.release("v1")
    host.release("v2")
    assert host.docker.states() == {"v1": "exited", "v2": "running"}


@pytest.mark.parametrize("strategy", ["start-first", "stop-first"])
def test_a_worker_that_does_not_get_ready_goes_and_the_old_one_works_again(host: FakeHost, strategy: str) -> None:
    host.strategy = strategy
    host.release("v1")
    before = host.record()
    host.docker.crashing.add("v2")
    with pytest.raises(StepError, match="version v2 ended before it was ready"):
        host.release("v2")
    assert host.docker.states() == {"v1": "running"}
    assert host.record() == before


def test_the_old_worker_gets_its_published_port_back_when_the_new_one_is_not_ready(host: FakeHost) -> None:
    """The port is why it was stopped first: the new one has to leave it before the old one starts."""
    host.strategy, host.options = "stop-first", {"publish": ("9000:9000",)}
    host.release("v1")
    release = host.candidate("v2").release
    host.docker.unhealthy.add("v2")
    with pytest.raises(StepError, match="version v2 did not become ready"):
        host.switch("v2", release)
    assert host.docker.states() == {"v1": "running"}


@pytest.mark.parametrize("strategy", ["start-first", "stop-first"])
def test_the_switch_of_a_worker_can_be_run_again_after_it_was_killed_at_any_moment(
    new_host: Callable[[], FakeHost], strategy: str
) -> None:
    def before(host: FakeHost) -> None:
        host.strategy = strategy
        release_v1_and_start_v2(host)

    for host in killed_at_every_call(new_host, before, switch_to_v2):
        host.candidate("v2")
        switch_to_v2(host)
        assert host.docker.states() == {"v1": "exited", "v2": "running"}


def test_the_route_goes_when_the_proxy_of_a_role_is_turned_off(host: FakeHost) -> None:
    host.release("v1")
    host.strategy = "start-first"
    host.release("v2")
    assert host.docker.routes == {}
    assert host.docker.states() == {"v1": "exited", "v2": "running"}


def test_a_route_that_others_have_by_now_stays_when_the_proxy_of_a_role_is_turned_off(host: FakeHost) -> None:
    host.release("v1")
    other = host.but(role="api", hosts=("api.test",))
    other.release("v1")
    host.docker.routes[SERVICE] = host.docker.routes["shop-api"]
    host.strategy = "start-first"
    host.release("v2")
    assert host.docker.routes.keys() == {SERVICE, "shop-api"}


def test_the_route_comes_back_when_the_proxy_of_a_role_is_turned_on_again(host: FakeHost) -> None:
    host.strategy = "start-first"
    host.release("v1")
    host.strategy = "proxy"
    host.release("v2")
    assert host.routed_version() == "v2"
