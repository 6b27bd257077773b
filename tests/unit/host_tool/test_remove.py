"""remove: nothing of the app stays but named volumes, nothing of others goes, and nothing that is still deployed."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from components.host_tool.errors import StepError
from components.host_tool.owner import Owner
from components.host_tool.step import step as step_module
from components.host_tool.step.lock import try_lock
from components.host_tool.verbs import remove

from .fake_docker import FakeContainer
from .fake_host import OWNER, ROLE, STRANGER, FakeHost, killed_at_every_call

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
    for _ in range(2):
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


# Teardowns that are not, or no longer, for what is there.


@pytest.fixture
def deployed(host: FakeHost) -> FakeHost:
    """A host with v1."""
    host.prepare()
    host.release("v1")
    return host


def said_by(teardown: Callable[[], None], capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    teardown()
    return capsys.readouterr().err


def test_a_teardown_that_is_replaced_takes_nothing_down(deployed: FakeHost, capsys: pytest.CaptureFixture[str]) -> None:
    said = said_by(deployed.tear_down, capsys)
    assert said == f"nothing is torn down: role web is still deployed here, by {deployed.resource}\n"
    assert deployed.routed_version() == "v1"


def test_a_teardown_and_all_else_that_is_replaced_take_nothing_down(deployed: FakeHost) -> None:
    deployed.abandon()
    deployed.prepare()
    deployed.release("v1")
    deployed.tear_down()
    assert deployed.routed_version() == "v1"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"owner": STRANGER}, "the app shop belongs to stack acme/shop/production now"),
        ({"address": "host.test"}, "role web is deployed to this host as 10.0.0.1 now"),
    ],
    ids=["another owner", "the host as it was spelled before"],
)
def test_a_teardown_of_what_is_no_longer_there_takes_nothing_down(
    deployed: FakeHost, changes: dict[str, Any], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    deployed.abandon()
    assert said_by(deployed.but(**changes).tear_down, capsys) == f"nothing is torn down: {reason}\n"
    assert deployed.routed_version() == "v1"


@pytest.mark.parametrize(
    "owner",
    [replace(OWNER, stack="acme/shop/renamed"), replace(OWNER, id="new")],
    ids=["a renamed stack", "a stack whose state was lost"],
)
def test_the_same_owner_tears_down(deployed: FakeHost, owner: Owner) -> None:
    deployed.abandon()
    deployed.but(owner=owner).tear_down()
    assert not deployed.folder.kamal.exists()


def test_a_host_name_is_the_same_in_capitals(host: FakeHost) -> None:
    named = host.but(address="Host.test")
    named.prepare()
    named.release("v1")
    named.abandon()
    named.but(address="host.TEST").tear_down()
    assert named.docker.containers_by_age == []


@pytest.mark.parametrize(
    "changes",
    [{"service": "store"}, {"destination": "eu", "owner": replace(OWNER, stack="acme/shop/eu")}],
    ids=["service", "stack and destination"],
)
def test_a_former_name_of_the_app_is_torn_down_though_its_switch_has_not_let_go(
    deployed: FakeHost, changes: dict[str, Any]
) -> None:
    renamed = deployed.but(**changes, hosts=("store.test",))
    renamed.prepare()
    renamed.release("v2")
    deployed.tear_down()
    assert not deployed.folder.path.exists()
    assert renamed.routed_version() == "v2"
    assert renamed.docker.states() == {"v2": "running"}


def test_a_former_name_is_torn_down_where_the_role_has_another_name_too(deployed: FakeHost) -> None:
    renamed = deployed.but(service="store", role="front")
    renamed.prepare()
    renamed.release("v2")
    deployed.tear_down()
    assert not deployed.folder.path.exists()
    assert renamed.routed_version() == "v2"


def test_two_roles_that_switch_at_once_both_let_go_of_their_former_names(
    deployed: FakeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each waits for the other one: what it has read before may be out of date."""
    renamed = deployed.but(service="store")
    renamed.prepare()
    release = renamed.candidate("v2").release
    monkeypatch.setattr(step_module, "LOCK_LIMIT", 0)
    lock = try_lock(deployed.folder.proxy_lock)
    assert lock
    with lock, pytest.raises(StepError, match=r"still locked after 0 s: the lock .*proxy/lock"):
        renamed.switch("v2", release)
    renamed.switch("v2", release)
    deployed.tear_down()
    assert not deployed.folder.path.exists()


def test_a_deploy_of_another_owner_lets_go_of_nothing(deployed: FakeHost) -> None:
    blog = deployed.but(service="blog", owner=STRANGER, hosts=("blog.test",))
    blog.prepare()
    blog.release("v2")
    deployed.tear_down()
    assert deployed.routed_version() == "v1"


def test_a_former_name_of_the_app_stays_until_the_present_one_works(deployed: FakeHost) -> None:
    """As `pulumi up --continue-on-error` tears down where the switch has failed."""
    renamed = deployed.but(service="store")
    renamed.prepare()
    renamed.candidate("v2")
    deployed.tear_down()
    assert deployed.routed_version() == "v1"


def test_a_host_that_is_spelled_otherwise_is_not_torn_down_by_its_old_name_after_the_switch(
    deployed: FakeHost, capsys: pytest.CaptureFixture[str]
) -> None:
    renamed = deployed.but(address="host.test")
    renamed.prepare()
    renamed.release("v2")
    said = said_by(deployed.remove, capsys)
    assert said == "nothing is torn down: role web is deployed to this host as host.test now\n"
    assert renamed.routed_version() == "v2"


def test_a_host_that_is_spelled_otherwise_is_torn_down_by_its_old_name_until_the_switch(deployed: FakeHost) -> None:
    renamed = deployed.but(address="host.test")
    renamed.prepare()
    renamed.candidate("v2")
    renamed.remove()
    assert deployed.routed_version() == "v1"
    deployed.remove()
    assert deployed.docker.containers_by_age == []


def test_the_present_name_of_an_app_is_not_torn_down_while_its_former_one_is_still_there(deployed: FakeHost) -> None:
    """A renaming whose update has failed, then one that replaces everything."""
    renamed = deployed.but(service="store", hosts=("store.test",))
    renamed.prepare()
    renamed.release("v2")
    renamed.tear_down()
    assert renamed.routed_version() == "v2"


def test_an_app_of_another_owner_is_no_reason_to_tear_down(deployed: FakeHost) -> None:
    deployed.but(service="blog", owner=STRANGER).prepare()
    deployed.tear_down()
    assert deployed.routed_version() == "v1"


def test_the_first_releases_teardown_takes_down_what_it_has_deployed(deployed: FakeHost) -> None:
    """Nobody has noted what holds the app, and the teardown says nothing but the role."""
    (deployed.folder.path / "app.json").unlink()
    first_teardown(deployed)
    assert deployed.docker.containers_by_age == []


def test_the_first_releases_teardown_does_not_take_down_what_is_deployed_today(deployed: FakeHost) -> None:
    first_teardown(deployed)
    assert deployed.routed_version() == "v1"


def first_teardown(host: FakeHost) -> None:
    host.run("remove", lambda step: remove.run(step, ROLE))


def test_a_teardown_where_kamal_was_lost_changes_nothing_of_others(deployed: FakeHost) -> None:
    blog = deployed.but(service="blog", owner=STRANGER, hosts=("blog.test",))
    blog.prepare()
    blog.release("v1")
    shutil.rmtree(deployed.folder.path)
    deployed.remove()
    assert blog.routed_version() == "v1"
    assert not deployed.folder.path.exists()


def test_a_route_that_leads_to_a_container_of_another_role_stays(
    deployed: FakeHost, capsys: pytest.CaptureFixture[str]
) -> None:
    other = deployed.but(role="api", hosts=("api.test",))
    other.release("v1")
    deployed.docker.routes["shop-web"] = deployed.docker.routes["shop-api"]
    deployed.abandon()
    said = said_by(deployed.tear_down, capsys)
    assert "the route shop-web stays: it leads to a container of another role" in said
    assert deployed.docker.routes.keys() == {"shop-web", "shop-api"}


def test_a_route_of_another_role_stays_though_kamal_proxy_was_stopped(deployed: FakeHost) -> None:
    other = deployed.but(role="api", hosts=("api.test",))
    other.release("v1")
    deployed.docker.routes["shop-web"] = deployed.docker.routes["shop-api"]
    deployed.docker.run("stop", "kamal-proxy")
    deployed.remove()
    assert deployed.docker.routes.keys() == {"shop-web", "shop-api"}


def test_a_route_whose_container_is_gone_goes_with_its_role(deployed: FakeHost) -> None:
    deployed.docker.run("rm", "--force", "--volumes", deployed.routed_container("shop-web").id)
    deployed.remove()
    assert deployed.docker.routes == {}
