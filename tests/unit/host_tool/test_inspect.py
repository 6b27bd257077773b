"""inspect: what there is on a host, and nothing is changed."""

import os
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from components.host_tool.errors import StepError
from components.host_tool.owner import Owner
from components.host_tool.records.app_folder import AppFolder
from components.host_tool.records.records import AppRecord, RoleRecord
from components.host_tool.result import AppFacts, ContainerFacts, HostFacts, RoleFacts, Running
from components.host_tool.spec import InspectSpec, RegistryLoginSpec
from components.host_tool.step.lock import try_lock, write_holder
from components.host_tool.verbs import inspect

from .fake_docker import FakeImage
from .fake_host import ROLE, SERVICE, FakeHost, image_of

READING = {("info",), ("ps", "--all"), ("inspect", "--format"), ("network", "inspect"), ("exec", "kamal-proxy")}


def inspected(host: FakeHost, *ports: int) -> HostFacts:
    return host.run("inspect", lambda step: inspect.run(step, InspectSpec("kamal", ports)))


def role(host: FakeHost) -> RoleFacts:
    return inspected(host).roles[ROLE]


def container(host: FakeHost) -> ContainerFacts:
    found = role(host).container
    assert found
    return found


def deployed(host: FakeHost) -> Running:
    host.release("v1")
    return host.release("v2")


def files(host: FakeHost) -> dict[Path, int]:
    """When each file under ~/.kamal was last changed."""
    return {path: path.stat().st_mtime_ns for path in (host.folder.kamal, *host.folder.kamal.rglob("*"))}


# The host.


def test_a_first_deploy_that_has_failed_before_it_started_a_container_has_left_secrets_and_a_certificate(
    host: FakeHost,
) -> None:
    kept = host.keep_secrets({"TOKEN": "t"})
    (host.folder.role(ROLE).path / "certificates" / "c0ffee").mkdir(parents=True)
    found = role(host)
    assert (found.host, found.current, found.secrets, found.certificates) == ("", "", (kept,), ("c0ffee",))


def test_a_host_on_which_nothing_has_been_done_has_nothing_of_the_app(new_host: Callable[[], FakeHost]) -> None:
    host = new_host()
    found = inspected(host)
    assert (found.prepared, found.login, found.network, found.proxy, found.routes) == (False, False, False, None, None)
    assert (found.apps, found.roles, found.versions) == ((), {}, {})
    assert not host.folder.kamal.exists()


def test_a_prepared_host_is_known_with_its_docker_network_and_kamal_proxy(host: FakeHost) -> None:
    found = inspected(host)
    assert (found.docker_problem, found.network, found.prepared) == ("", True, True)
    assert found.proxy
    assert found.proxy.id == host.docker.named("kamal-proxy").id[:12]
    assert (found.proxy.state, found.proxy.image, found.proxy.ports, found.replacing) == (
        "running",
        "basecamp/kamal-proxy:v0.9.2",
        (80, 443),
        False,
    )
    assert found.routes == {}


def test_nothing_is_changed(host: FakeHost) -> None:
    deployed(host)
    before, calls = files(host), len(host.docker.calls)
    inspected(host, 80, 443)
    assert files(host) == before
    assert {call[: 1 if call[0] == "info" else 2] for call in host.docker.calls[calls:]} <= READING


def test_a_host_whose_kamal_folder_was_lost_is_not_prepared(host: FakeHost) -> None:
    deployed(host)
    shutil.rmtree(host.folder.kamal)
    found = inspected(host)
    assert (found.prepared, found.apps, found.roles) == (False, (), {})
    assert not host.folder.kamal.exists()


def test_the_registrys_login_is_there_or_not(host: FakeHost) -> None:
    assert not inspected(host).login
    host.folder.save_login(RegistryLoginSpec("registry.test", "me", "hush"))
    assert inspected(host).login
    host.folder.save_login(None)
    assert not inspected(host).login


@pytest.mark.parametrize("text", ["", "{", "[]", "{}"])
def test_a_damaged_login_is_none(host: FakeHost, text: str) -> None:
    host.folder.login_folder.mkdir()
    (host.folder.login_folder / "config.json").write_text(text)
    assert not inspected(host).login


# Docker.


def test_no_docker_is_told_with_how_to_install_it(host: FakeHost, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    found = inspected(host)
    assert (found.free_mb, found.proxy, found.routes) == (None, None, None)
    assert "Docker is not installed on " in found.docker_problem


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ("permission denied while trying to connect to the Docker daemon socket", "may not use Docker on "),
        ("Cannot connect to the Docker daemon. Is the docker daemon running?", "does not answer. Start it there"),
    ],
    ids=["no permission", "daemon down"],
)
def test_a_docker_that_cannot_be_used_is_told_and_so_is_what_the_files_say(
    host: FakeHost, said: str, problem: str
) -> None:
    running = deployed(host)
    for words in (("info",), ("ps",), ("network",), ("inspect",), ("inspect",), ("exec",)):
        host.docker.fail(*words, said=said)
    found = inspected(host)
    assert problem in found.docker_problem
    assert (found.proxy, found.routes, found.network) == (None, None, False)
    assert (found.roles[ROLE].current, found.roles[ROLE].version) == (running.release, "v2")
    assert found.prepared


# kamal-proxy.


def test_a_kamal_proxy_that_is_gone(host: FakeHost) -> None:
    deployed(host)
    host.docker.run("rm", "--force", "kamal-proxy")
    found = inspected(host)
    assert (found.proxy, found.routes, found.replacing) == (None, None, False)
    assert not container(host).routed


def test_a_kamal_proxy_that_was_stopped(host: FakeHost) -> None:
    host.docker.run("stop", "kamal-proxy")
    found = inspected(host)
    assert found.proxy
    assert (found.proxy.state, found.routes) == ("exited", None)


def test_a_kamal_proxy_that_does_not_answer(host: FakeHost) -> None:
    host.docker.fail("exec", said="Error: dial unix /run/kamal-proxy.sock: connect: connection refused")
    found = inspected(host)
    assert found.proxy
    assert (found.proxy.state, found.routes) == ("running", None)


def test_a_kamal_proxy_whose_replacement_was_interrupted(host: FakeHost) -> None:
    host.docker.run("rename", "kamal-proxy", "kamal-proxy-replaced")
    found = inspected(host)
    assert found.replacing
    assert found.proxy
    assert found.proxy.state == "running"


def test_a_port_that_another_program_has(host: FakeHost) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert inspected(host, port).taken_ports == {str(port): "another program"}
    assert inspected(host, port).taken_ports == {}


# A role.


def test_what_the_switch_said_is_what_runs(host: FakeHost) -> None:
    running = deployed(host)
    assert container(host) == ContainerFacts(
        id=running.container_id[:12],
        name=running.container,
        state="running",
        since=running.since,
        release=running.release,
        version="v2",
        health="none",
        routed=True,
    )
    found = role(host)
    assert (found.current, found.version, found.switching, found.route) == (running.release, "v2", "", SERVICE)
    assert (found.strays, found.kept) == ((), ("v1",))
    assert found.host == host.record().host


def test_the_versions_that_have_run_are_known_with_their_digests_the_latest_last(host: FakeHost) -> None:
    deployed(host)
    digests = {version: image_of(version).partition("@")[2] for version in ("v1", "v2")}
    assert list(inspected(host).versions.items()) == list(digests.items())


def test_a_candidate_is_not_what_runs_but_is_seen(host: FakeHost) -> None:
    host.candidate("v1")
    found = role(host)
    assert (found.current, found.version, found.container) == ("", "", None)
    assert [(each.version, each.state, each.routed) for each in found.strays] == [("v1", "running", False)]


def test_a_container_that_is_stopped_is_not_running_since_then(host: FakeHost) -> None:
    running = deployed(host)
    host.docker.run("stop", running.container)
    assert container(host).state == "exited"


def test_a_container_that_is_removed_is_gone(host: FakeHost) -> None:
    running = deployed(host)
    host.docker.run("rm", "--force", "--volumes", running.container)
    found = role(host)
    assert (found.container, found.current, found.version, found.kept) == (None, running.release, "v2", ("v1",))


def test_a_container_without_its_route(host: FakeHost) -> None:
    deployed(host)
    host.docker.routes.clear()
    assert not container(host).routed


def test_a_container_that_is_unhealthy_by_its_own_check(host: FakeHost) -> None:
    running = deployed(host)
    host.docker.named(running.container).health = "unhealthy"
    assert container(host).health == "unhealthy"


def test_an_old_container_that_runs_again_or_is_routed_to_is_a_stray(host: FakeHost) -> None:
    old = host.release("v1")
    host.release("v2")
    host.docker.run("start", old.container)
    assert [(each.version, each.routed) for each in role(host).strays] == [("v1", False)]
    host.docker.routes[SERVICE] = f"{old.container_id[:12]}:80"
    assert [(each.version, each.routed) for each in role(host).strays] == [("v1", True)]
    assert not container(host).routed
    assert role(host).kept == ()
    host.docker.run("stop", old.container)
    assert [(each.state, each.routed) for each in role(host).strays] == [("exited", True)]


def test_the_kept_versions_are_those_that_have_a_stopped_container_the_newest_first(host: FakeHost) -> None:
    for version in ("v1", "v2", "v3"):
        host.release(version)
    assert role(host).kept == ("v2", "v1")
    host.docker.run("rm", "--force", "--volumes", next(name for name in names(host) if "v2" in name))
    assert role(host).kept == ("v1",)


def names(host: FakeHost) -> list[str]:
    return [each.name for each in host.docker.containers_by_age]


def test_a_switch_that_was_interrupted_is_known_by_its_version(host: FakeHost) -> None:
    running = host.release("v1")
    release = host.candidate("v2").release
    folder = host.folder.role(ROLE)
    folder.save(RoleRecord("shop", ROLE, "", "10.0.0.1", current=running.release, switching=release))
    assert role(host).switching == "v2"


def test_the_secrets_that_are_kept_are_known_by_their_hashes(host: FakeHost) -> None:
    kept = host.keep_secrets({"TOKEN": "hush"})
    host.candidate("v1", kept)
    assert role(host).secrets == (kept,)


def test_containers_that_kamal_made_are_of_no_release(host: FakeHost) -> None:
    host.candidate("v1")
    host.docker.images["shop"] = FakeImage("shop", "shop", "v0")
    labels = ("--label", "service=shop", "--label", f"role={ROLE}", "--label", "destination=", "--label", "version=v0")
    host.docker.run("run", "--detach", "--name", "shop-web-v0", "--network", "kamal", *labels, "shop")
    assert role(host).container is None


def test_containers_of_another_destination_are_not_the_apps(host: FakeHost) -> None:
    running = deployed(host)
    other = host.docker.named(running.container)
    other.labels = {**other.labels, "destination": "staging"}
    assert role(host).container is None


# All apps of the host.


def test_all_apps_of_the_host_are_known_with_their_owners_names_and_routes(host: FakeHost) -> None:
    host.release("v1")
    owner = Owner("0ther", "organization/blog/prod")
    blog = AppFolder("blog-eu", host.folder.kamal)
    blog.save_app(AppRecord("blog", "eu", owner, ("web", "worker")))
    blog.role("web").save(RoleRecord("blog", "web", "eu", "10.0.0.1", route="old-name"))
    blog.role("jobs").save(RoleRecord("blog", "jobs", "eu", "10.0.0.1", routed=False))
    shop, other = inspected(host).apps
    assert (shop.app, shop.prefixes, shop.routes) == ("shop", {ROLE: SERVICE}, {ROLE: SERVICE})
    assert shop.owner
    assert other == AppFacts(
        "blog-eu",
        prefixes={"web": "blog-web-eu", "worker": "blog-worker-eu", "jobs": "blog-jobs-eu"},
        routes={"web": "old-name"},
        owner=owner,
    )


def test_an_app_of_an_earlier_release_has_no_owner(host: FakeHost) -> None:
    host.release("v1")
    (host.folder.path / "app.json").unlink()
    [shop] = inspected(host).apps
    assert (shop.owner, shop.prefixes) == (None, {ROLE: SERVICE})


def test_a_role_that_the_first_release_has_deployed_is_known(host: FakeHost) -> None:
    folder = host.folder.role(ROLE).path
    (folder / "releases" / "abc").mkdir(parents=True)
    (folder / "names").write_text('service: "shop"\nrole: "web"\nhost: "10.0.0.1"\n')
    (folder / "current").write_text("abc\n")
    (folder / "releases" / "abc" / "spec").write_text('mode: "proxy"\nversion: "v1"\n')
    before = files(host)
    found = inspected(host)
    assert found.roles[ROLE].current == "abc"
    assert found.apps[0].routes == {ROLE: SERVICE}
    assert files(host) == before


@pytest.mark.parametrize("path", ["roles/web/role.json", "app.json", "host.json", "versions.json"])
def test_a_damaged_record_is_named_with_what_to_do(host: FakeHost, path: str) -> None:
    host.release("v1")
    (host.folder.path / path).write_text("{")
    with pytest.raises(StepError, match=rf"{path} is damaged .* Remove it there, then deploy again\."):
        inspected(host)


# Locks.


def test_a_lock_that_a_step_holds_is_told_and_not_one_that_was_held(host: FakeHost) -> None:
    host.release("v1")
    assert inspected(host).held_locks == ()
    for path in (host.folder.role(ROLE).lock, host.folder.tasks_lock, host.folder.proxy_lock):
        lock = try_lock(path)
        assert lock
        holder = f"switch of shop, process {os.getpid()}"
        write_holder(lock, holder)
        assert inspected(host).held_locks == (f"the lock {path} is held by {holder}",)
        lock.close()
    assert inspected(host).held_locks == ()
