"""candidate: what is found, made, adopted, and what an unhealthy one leaves behind."""

import shutil
from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import pytest

from components.host_tool.docker.containers import Container
from components.host_tool.errors import StepError
from components.host_tool.identity import release_id
from components.host_tool.records.records import ReleaseRecord
from components.host_tool.spec import ContainerSpec
from components.host_tool.verbs.candidate import find_release, leftovers_to_remove

from .conftest import FakeApp
from .fake_host import CONTAINER, ROLE, FakeHost, image_of, killed_at_every_call

IMAGE = image_of("v1")


def test_a_healthy_candidate_runs_beside_the_old_version_with_nothing_routed_to_it(host: FakeHost) -> None:
    host.release("v1")
    started = host.candidate("v2")
    assert host.docker.states() == {"v1": "running", "v2": "running"}
    assert host.routed_version() == "v1"
    assert started.previous == host.record().current


def test_the_probe_asks_as_kamal_proxy_does_and_makes_no_route(host: FakeHost, app: FakeApp) -> None:
    host.candidate("v1")
    [container] = [each for each in host.docker.containers_by_age if each.labels.get("version") == "v1"]
    assert app.requests == [("/up", f"{container.id[:12]}:{app.port}", "kamal-proxy")]
    assert host.docker.routes == {}


def test_an_unhealthy_candidate_is_removed_with_its_volumes_and_forgotten(host: FakeHost, app: FakeApp) -> None:
    host.release("v1")
    volumes = set(host.docker.volumes)
    app.status = 500
    with pytest.raises(StepError, match=r"did not become healthy within 0 s at :\d+/up"):
        host.candidate("v2")
    assert host.docker.states() == {"v1": "running"}
    assert host.docker.volumes == volumes
    assert list(host.folder.role(ROLE).releases()) == [host.record().current]


def test_a_candidate_that_ends_is_seen_at_once(host: FakeHost) -> None:
    host.docker.crashing.add("v1")
    with pytest.raises(StepError, match="version v1 ended before it was healthy"):
        host.candidate("v1")
    assert host.docker.states() == {}


def test_the_container_of_a_worker_is_made_and_does_not_start(host: FakeHost) -> None:
    host.strategy = "start-first"
    host.candidate("v1")
    assert host.docker.states() == {"v1": "created"}


def test_a_candidate_that_was_never_switched_to_is_removed_by_the_next_one(host: FakeHost) -> None:
    host.release("v1")
    host.candidate("v2")
    host.candidate("v3")
    assert host.docker.states() == {"v1": "running", "v3": "running"}


def test_the_same_candidate_again_uses_the_container_that_is_there(host: FakeHost) -> None:
    host.candidate("v1")
    made = host.docker.containers_by_age[0].id
    host.candidate("v1")
    assert host.docker.containers_by_age[0].id == made


def test_an_image_of_another_version_is_refused_before_anything_starts(host: FakeHost) -> None:
    host.docker.images[IMAGE] = replace(host.docker.images["basecamp/kamal-proxy:v0.9.2"], version="v2", service="shop")
    with pytest.raises(StepError, match=r'service "shop", version "v2"; expected .* version "v1"'):
        host.candidate("v1")
    assert host.docker.states() == {}


def test_what_is_routed_is_never_removed_as_a_leftover(host: FakeHost) -> None:
    """Whatever the host remembers: kamal-proxy has the last word."""
    host.release("v1")
    folder = host.folder.role(ROLE)
    record = host.record()
    known = folder.release(record.current)
    assert known
    folder.save_release(record.current, replace(known, switched=False))
    folder.save(replace(record, current=""))
    host.candidate("v2")
    assert host.routed_version() == "v1"


@pytest.mark.parametrize("said", ["Error: dial unix: connection refused", "Cannot connect to the Docker daemon"])
def test_no_candidate_is_removed_while_nobody_knows_what_is_routed(host: FakeHost, said: str) -> None:
    host.candidate("v1")
    host.docker.fail("exec", "kamal-proxy", said=said)
    host.candidate("v2")
    assert host.docker.states() == {"v1": "running", "v2": "running"}


def test_the_serving_container_stays_when_kamal_was_lost_and_the_same_release_fails_its_gate(
    host: FakeHost, app: FakeApp
) -> None:
    host.release("v1")
    shutil.rmtree(host.folder.path)
    app.status = 500
    with pytest.raises(StepError, match="did not become healthy"):
        host.candidate("v1")
    assert host.routed_version() == "v1"
    app.status = 200
    host.release("v1")
    assert host.routed_version() == "v1"


def test_the_serving_container_stays_when_kamal_and_kamal_proxy_were_lost(host: FakeHost, app: FakeApp) -> None:
    host.release("v1")
    shutil.rmtree(host.folder.path)
    host.docker.run("rm", "--force", "kamal-proxy")
    app.status = 500
    for _ in range(2):
        with pytest.raises(StepError, match="did not become healthy"):
            host.candidate("v1")
    assert host.docker.states() == {"v1": "running"}


def test_a_candidate_killed_at_any_moment_leaves_the_old_version_routed_and_can_be_run_again(
    new_host: Callable[[], FakeHost],
) -> None:
    for host in killed_at_every_call(new_host, prepare_and_release_v1, lambda host: host.candidate("v2")):
        assert host.routed_version() == "v1"
        host.candidate("v2")
        assert host.docker.states() == {"v1": "running", "v2": "running"}


def prepare_and_release_v1(host: FakeHost) -> None:
    host.prepare()
    host.release("v1")


# find_release


CHANGED: dict[str, Any] = {
    "service": "other",
    "role": "other",
    "destination": "production",
    "host": "10.0.0.2",
    "version": "v2",
    "network": "other",
    "cmd": ("serve",),
    "env": {"A": "1"},
    "labels": {"a": "1"},
    "options": {"memory": ("64m",)},
    "asset_path": ("/assets:ro",),
}


def test_the_table_below_has_every_field() -> None:
    assert set(CHANGED) == {field.name for field in fields(ContainerSpec)}


@pytest.mark.parametrize("name", CHANGED)
def test_a_release_is_another_one_when_a_field_of_its_container_is(name: str) -> None:
    changed = replace(CONTAINER, **{name: CHANGED[name]})
    assert release_id(changed, IMAGE, "-") != release_id(CONTAINER, IMAGE, "-")
    known = {"known": ReleaseRecord(CONTAINER, IMAGE, "-")}
    assert find_release(known, changed, IMAGE, "-") == release_id(changed, IMAGE, "-")


@pytest.mark.parametrize(("image", "secrets_hash"), [(image_of("v2"), "-"), (IMAGE, "aaaa")])
def test_a_release_is_another_one_when_its_digest_or_its_secrets_are(image: str, secrets_hash: str) -> None:
    known = {"known": ReleaseRecord(CONTAINER, IMAGE, "-")}
    assert find_release(known, CONTAINER, image, secrets_hash) == release_id(CONTAINER, image, secrets_hash)
    assert release_id(CONTAINER, image, secrets_hash) != release_id(CONTAINER, IMAGE, "-")


def test_a_release_that_the_host_knows_by_another_name_keeps_it() -> None:
    known = {"other": ReleaseRecord(CONTAINER, image_of("v2"), "-"), "old": ReleaseRecord(CONTAINER, IMAGE, "-")}
    assert find_release(known, CONTAINER, IMAGE, "-") == "old"


def test_the_same_digest_under_another_repository_is_the_same_release() -> None:
    moved = IMAGE.replace("registry.test", "mirror.test")
    assert release_id(CONTAINER, moved, "-") == release_id(CONTAINER, IMAGE, "-")
    assert find_release({"old": ReleaseRecord(CONTAINER, IMAGE, "-")}, CONTAINER, moved, "-") == "old"


# leftovers_to_remove


@pytest.mark.parametrize(
    ("release", "state", "removed"),
    [
        pytest.param("candidate", "running", True, id="an earlier candidate"),
        pytest.param("candidate", "exited", True, id="an earlier candidate that has stopped"),
        pytest.param("same", "running", False, id="a candidate of the same release that runs"),
        pytest.param("same", "created", False, id="a worker of the same release that waits for its switch"),
        pytest.param("same", "exited", True, id="a candidate of the same release that has ended"),
        pytest.param("same", "dead", True, id="a candidate of the same release that is dead"),
        pytest.param("current", "exited", False, id="the current release"),
        pytest.param("switched", "exited", False, id="a release that was switched to"),
        pytest.param("unknown", "running", False, id="a release that this host does not know"),
        pytest.param("", "running", False, id="a container that Kamal made"),
    ],
)
def test_only_candidates_that_never_came_to_their_switch_are_removed(release: str, state: str, removed: bool) -> None:
    candidate = ReleaseRecord(CONTAINER, IMAGE, "-")
    releases = {
        "candidate": candidate,
        "same": candidate,
        "current": candidate,
        "switched": replace(candidate, switched=True),
    }
    container = Container("0123456789ab", "shop-web-v1", state, release, "v1")
    assert leftovers_to_remove([container], releases, "current", "same") == ([container] if removed else [])
