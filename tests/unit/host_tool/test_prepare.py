"""prepare: kamal-proxy is booted, kept, replaced or recovered, and the host is checked."""

import os
from collections.abc import Callable
from dataclasses import replace

import pytest

from components.host_tool.docker.client import DockerError
from components.host_tool.errors import StepError
from components.host_tool.proxy_container import REPLACED

from .fake_host import PROXY, FakeHost, killed_at_every_call

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


def test_a_full_disk_is_seen_by_every_step_that_fills_it(host: FakeHost, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: object) -> os.statvfs_result:
        return os.statvfs_result((4096, 4096, 1000, 10, 10, 0, 0, 0, 0, 255))

    monkeypatch.setattr(os, "statvfs", full)
    for step in (host.prepare, lambda: host.candidate("v1"), lambda: host.task("v1", "migrate")):
        with pytest.raises(StepError, match="only 0 MB are free in /var/lib/docker"):
            step()
    assert [each.name for each in host.docker.containers_by_age] == ["kamal-proxy"]


def test_a_replaced_kamal_proxy_that_cannot_be_removed_fails_no_later_step(host: FakeHost) -> None:
    host.docker.fail(
        "rm", "--force", "--volumes", REPLACED, said="Error response from daemon: device or resource busy\n"
    )
    with pytest.raises(DockerError):
        host.prepare(NEWER)
    assert host.prepare(NEWER).proxy == "kamal-proxy:v0.9.3"
    assert [each.name for each in host.docker.containers_by_age] == ["kamal-proxy"]
