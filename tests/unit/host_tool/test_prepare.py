"""prepare: kamal-proxy is booted, kept, replaced or recovered, and the host is checked."""

import os
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from components.host_tool.docker.client import DockerError
from components.host_tool.errors import StepError
from components.host_tool.owner import Owner
from components.host_tool.proxy_container import REPLACED
from components.host_tool.records.records import AppRecord

from .fake_host import OWNER, PROXY, STRANGER, FakeHost, killed_at_every_call

NEWER = replace(PROXY, image="basecamp/kamal-proxy:v0.9.3")


def test_kamal_proxy_is_booted_once(host: FakeHost) -> None:
    booted = host.docker.named("kamal-proxy").id
    assert host.prepare().proxy == "kamal-proxy:v0.9.2"
    assert host.docker.named("kamal-proxy").id == booted


def test_kamal_proxy_that_was_stopped_is_started(host: FakeHost) -> None:
    host.docker.run("stop", "kamal-proxy")
    host.prepare()
    assert host.docker.named("kamal-proxy").state == "running"


def test_kamal_proxy_is_replaced_by_the_version_of_the_settings(host: FakeHost) -> None:
    assert host.prepare(NEWER).proxy == "kamal-proxy:v0.9.3"
    assert [(each.name, each.image) for each in host.docker.containers_by_age] == [("kamal-proxy", NEWER.image)]


def test_the_old_kamal_proxy_runs_again_when_the_new_one_does_not_start(host: FakeHost) -> None:
    old = host.docker.named("kamal-proxy").id
    host.docker.fail("start", "kamal-proxy", said="Error response from daemon: driver failed\n")
    with pytest.raises(StepError, match="kamal-proxy did not start"):
        host.prepare(NEWER)
    assert [(each.id, each.state) for each in host.docker.containers_by_age] == [(old, "running")]


def test_the_kamal_proxy_that_runs_stays_when_its_replacement_cannot_begin(host: FakeHost) -> None:
    old = host.docker.named("kamal-proxy").id
    host.docker.fail("rename", said="Error response from daemon: device or resource busy\n")
    with pytest.raises(DockerError):
        host.prepare(NEWER)
    assert [(each.id, each.state) for each in host.docker.containers_by_age] == [(old, "running")]


def test_the_replacement_of_kamal_proxy_recovers_wherever_it_was_killed(new_host: Callable[[], FakeHost]) -> None:
    for host in killed_at_every_call(new_host, FakeHost.prepare, lambda host: host.prepare(NEWER)):
        assert host.prepare(NEWER).proxy == "kamal-proxy:v0.9.3"
        found = [(each.name, each.image, each.state) for each in host.docker.containers_by_age]
        assert found == [("kamal-proxy", NEWER.image, "running")]


def test_a_kamal_proxy_that_was_being_replaced_is_found_by_the_next_deploy_of_the_old_settings(
    new_host: Callable[[], FakeHost],
) -> None:
    for host in killed_at_every_call(new_host, FakeHost.prepare, lambda host: host.prepare(NEWER)):
        assert host.prepare().proxy == "kamal-proxy:v0.9.2"
        assert [(each.name, each.state) for each in host.docker.containers_by_age] == [("kamal-proxy", "running")]


def test_a_kamal_proxy_that_publishes_any_port_of_a_range_is_kept(host: FakeHost) -> None:
    wanted = replace(PROXY, options={"publish": ("9000-9001:9000",)})
    host.prepare(wanted)
    host.docker.named("kamal-proxy").ports = ("80", "443", "9000-9001")
    booted = host.docker.named("kamal-proxy").id
    host.prepare(wanted)
    assert host.docker.named("kamal-proxy").id == booted


def test_a_taken_port_is_told_with_who_has_it(new_host: Callable[[], FakeHost]) -> None:
    host = new_host()
    host.prepare(replace(PROXY, image="nginx:1"))
    host.docker.run("rename", "kamal-proxy", "squatter")
    with pytest.raises(StepError, match=r"port 80 of .* is taken by the container squatter\. Free it"):
        host.prepare()
    assert [each.name for each in host.docker.containers_by_age] == ["squatter"]


def test_a_first_boot_that_fails_leaves_no_container(new_host: Callable[[], FakeHost]) -> None:
    host = new_host()
    host.docker.fail("start", "kamal-proxy", said="Error response from daemon: driver failed\n")
    with pytest.raises(StepError, match="kamal-proxy did not start"):
        host.prepare()
    assert host.docker.containers_by_age == []


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("permission denied while trying to connect to the Docker daemon socket", "may not use Docker on"),
        ("Cannot connect to the Docker daemon at unix:///var/run/docker.sock", "does not answer. Start it there"),
    ],
)
def test_an_engine_that_cannot_be_used_is_told_with_what_helps(host: FakeHost, said: str, sentence: str) -> None:
    host.docker.fail("info", said=said)
    with pytest.raises(StepError, match=sentence):
        host.prepare()


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hardly anything is free where Docker keeps its data."""
    free = os.statvfs_result((4096, 4096, 1000, 10, 10, 0, 0, 0, 0, 255))
    monkeypatch.setattr(os, "statvfs", lambda _: free)


def test_a_full_disk_is_seen_by_every_step_that_pulls(host: FakeHost, full_disk: None) -> None:
    lack = r"only 0 MB are free in /var/lib/docker on .*, and 500 MB are needed to pull .* \(docker system df\)"
    steps = (lambda: host.prepare(NEWER), lambda: host.candidate("v1"), lambda: host.task("v1", "migrate"))
    for step in steps:
        with pytest.raises(StepError, match=lack):
            step()
    assert [(each.name, each.state) for each in host.docker.containers_by_age] == [("kamal-proxy", "running")]


def test_a_full_disk_fails_no_step_that_pulls_nothing(host: FakeHost, request: pytest.FixtureRequest) -> None:
    host.release("v1")
    host.release("v2")
    request.getfixturevalue("full_disk")
    host.docker.run("rm", "--force", "kamal-proxy")
    host.prepare()
    host.release("v1")
    assert host.routed_version() == "v1"


def test_a_replaced_kamal_proxy_that_cannot_be_removed_fails_no_later_step(host: FakeHost) -> None:
    host.docker.fail(
        "rm", "--force", "--volumes", REPLACED, said="Error response from daemon: device or resource busy\n"
    )
    with pytest.raises(DockerError):
        host.prepare(NEWER)
    assert host.prepare(NEWER).proxy == "kamal-proxy:v0.9.3"
    assert [each.name for each in host.docker.containers_by_age] == ["kamal-proxy"]


# The owner.


def app_record(host: FakeHost) -> AppRecord:
    record = host.folder.app_record()
    assert record
    return record


def test_it_notes_whose_the_app_is_and_which_roles_it_wants(host: FakeHost) -> None:
    host.but(roles=("web", "jobs")).prepare()
    assert app_record(host) == AppRecord("shop", "", OWNER, ("web", "jobs"), resource=host.resource)


def test_an_app_is_held_only_once_its_host_is_ready(new_host: Callable[[], FakeHost]) -> None:
    """A teardown that comes after a first deploy that has failed takes all down."""
    host = new_host()
    host.docker.fail("create", said="Error response from daemon: invalid option\n")
    with pytest.raises(StepError, match="kamal-proxy could not be created"):
        host.prepare()
    assert host.held_by() == ""
    host.prepare()
    assert host.held_by() == host.resource


def test_an_app_stays_held_when_its_host_cannot_be_prepared_again(host: FakeHost) -> None:
    host.docker.fail("network", "inspect", said="Error response from daemon: boom\n")
    host.docker.fail("network", "create", said="Error response from daemon: boom\n")
    host.docker.fail("network", "inspect", said="Error response from daemon: boom\n")
    with pytest.raises(StepError, match="the network kamal could not be created"):
        host.prepare()
    assert host.held_by() == host.resource


def test_another_owner_that_takes_an_app_over_holds_it_only_once_the_host_is_ready(host: FakeHost) -> None:
    theirs = host.but(owner=STRANGER, take_over=True)
    host.docker.run("rm", "--force", "kamal-proxy")
    host.docker.fail("create", said="Error response from daemon: invalid option\n")
    with pytest.raises(StepError, match="kamal-proxy could not be created"):
        theirs.prepare()
    assert theirs.held_by() == ""


@pytest.mark.parametrize(
    "owner",
    [replace(OWNER, stack="acme/shop/renamed"), replace(OWNER, id="new")],
    ids=["a renamed stack", "a stack whose state was lost"],
)
def test_the_same_owner_may_deploy_under_another_name_or_id(host: FakeHost, owner: Owner) -> None:
    host.but(owner=owner).prepare()
    assert app_record(host).owner == owner


def test_an_app_of_another_owner_is_refused_and_stays_as_it_is(host: FakeHost) -> None:
    with pytest.raises(StepError, match=r"the app shop belongs to stack acme/shop/production\. .*take_over true\)\.$"):
        host.but(owner=STRANGER).prepare()
    assert app_record(host).owner == OWNER


def test_an_app_of_another_owner_is_taken_over_where_the_settings_say_so(host: FakeHost) -> None:
    host.but(owner=STRANGER, take_over=True).prepare()
    assert app_record(host).owner == STRANGER
    with pytest.raises(StepError, match="the app shop belongs to stack acme/other/production"):
        host.prepare()


@pytest.mark.parametrize("take_over", [True, False])
def test_an_app_of_another_service_and_destination_is_refused_under_the_same_name(
    host: FakeHost, take_over: bool
) -> None:
    eu = host.but(destination="eu")
    eu.prepare()
    eu.release("v1")
    same_name = host.but(service="shop-eu", owner=STRANGER, take_over=take_over)
    with pytest.raises(StepError, match=r"whose containers are called shop-web-eu\. It cannot be taken over .*\.$"):
        same_name.prepare()
    assert app_record(eu).owner == OWNER
    assert eu.routed_version() == "v1"


def test_an_app_that_an_earlier_release_has_deployed_is_the_first_owners_to_come(host: FakeHost) -> None:
    host.release("v1")
    (host.folder.path / "app.json").unlink()
    host.but(owner=STRANGER).prepare()
    assert app_record(host).owner == STRANGER
    assert host.routed_version() == "v1"


@pytest.mark.parametrize("released", [False, True], ids=["prepared", "released"])
def test_two_apps_whose_containers_would_have_the_same_names_are_refused(host: FakeHost, released: bool) -> None:
    eu = host.but(role="web-eu")
    eu.prepare()
    if released:
        eu.release("v1")
    other = host.but(destination="eu", owner=STRANGER)
    with pytest.raises(StepError, match="role web would be called shop-web-eu, as is role web-eu of the app shop of"):
        other.prepare()
    assert other.folder.app_record() is None


# kamal-proxy that apps of other owners use, too.


@pytest.fixture
def stranger(host: FakeHost) -> FakeHost:
    """Another owner's app on the same host."""
    blog = host.but(service="blog", owner=STRANGER)
    blog.prepare()
    return blog


def test_another_kamal_proxy_stays_where_others_use_it(
    host: FakeHost, stranger: FakeHost, capsys: pytest.CaptureFixture[str]
) -> None:
    assert host.prepare(NEWER).proxy == "kamal-proxy:v0.9.2"
    assert "kamal-proxy (kamal-proxy:v0.9.2) stays as it is, though proxy.run says otherwise: blog use" in (
        capsys.readouterr().err
    )


def test_a_kamal_proxy_that_others_use_is_started_where_it_was_stopped(host: FakeHost, stranger: FakeHost) -> None:
    host.docker.run("stop", "kamal-proxy")
    host.prepare(NEWER)
    assert host.docker.named("kamal-proxy").state == "running"


def test_it_is_replaced_where_the_settings_say_so(host: FakeHost, stranger: FakeHost) -> None:
    assert host.prepare(replace(NEWER, replace=True)).proxy == "kamal-proxy:v0.9.3"


@pytest.mark.parametrize(
    "changes", [{"service": "store"}, {"destination": "eu", "owner": replace(OWNER, stack="acme/shop/eu", id=OWNER.id)}]
)
def test_it_is_replaced_where_only_the_same_owner_uses_it(host: FakeHost, changes: dict[str, Any]) -> None:
    host.but(**changes).prepare()
    assert host.prepare(NEWER).proxy == "kamal-proxy:v0.9.3"


def test_it_is_replaced_where_others_were_only_refused(host: FakeHost) -> None:
    """Their first step has left the host tool."""
    (host.folder.kamal / "apps" / "refused" / "bin").mkdir(parents=True)
    assert host.prepare(NEWER).proxy == "kamal-proxy:v0.9.3"


def test_other_ports_than_those_of_a_kamal_proxy_that_others_use_are_refused(
    host: FakeHost, stranger: FakeHost
) -> None:
    wanted = replace(PROXY, http_port=8080)
    with pytest.raises(
        StepError, match=r"has the ports 80, 443, and proxy\.run wants 8080 and 443; blog use it, too\. .*replace true"
    ):
        host.prepare(wanted)
    assert host.prepare(replace(wanted, replace=True)).proxy == "kamal-proxy:v0.9.2"
