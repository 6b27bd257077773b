"""What every step sees to: folders of killed steps, a full disk, and an audit log that does not grow without end."""

import shlex
from collections.abc import Iterator

import pytest

from components.host_tool.json_codec import to_json
from components.host_tool.records.records import HostRecord
from components.host_tool.spec import HookSpec, SecretsSpec
from tests.host.docker_host import SERVICE, App, Host, Result


def hook(app: App, script: str) -> Result:
    """A hook with a shell script."""
    spec = HookSpec(f"#!/bin/sh\n{script}\n", performer="Tess", recorded_at="", started_at=0, secrets={})
    return app.call("hook", "pre-deploy", "10", spec=spec)


def step(app: App, verb: str) -> Result:
    """A call of a verb that succeeds."""
    image = app.host.images["v1"]
    calls = {
        "prepare": lambda: app.prepare(),
        "secrets": lambda: app.call("secrets", "web", spec=SecretsSpec(env={}, registry=app.host.login)),
        "pull": lambda: app.call("pull", SERVICE, "v1", image),
        "candidate": lambda: app.candidate("v1"),
        "switch": lambda: app.switch("v1", app.record().current),
        "hook": lambda: hook(app, "exit 0"),
    }
    return calls[verb]()


@pytest.mark.parametrize("verb", ["prepare", "secrets", "pull", "candidate", "switch", "hook"])
def test_every_step_removes_the_folders_that_killed_ones_have_left(shared_app: App, host: Host, verb: str) -> None:
    """A killed hook's, without anyone who holds its lock, and one of the first release's, which had no locks."""
    folders = "run.killed run.old run.new"
    make = f"mkdir {folders} && touch run.killed/lock && touch -d '2 hours ago' run.old"
    host.run("sh", "-c", f"cd {shared_app.home} && {make}")
    result = step(shared_app, verb)
    assert result.status == 0, result.err
    left = host.run("sh", "-c", f"cd {shared_app.home} && ls -d run.*; rm -rf {folders}").out.split()
    assert left == ["run.new"]


def test_the_folder_of_a_killed_hook_goes_with_the_next_step(shared_app: App, host: Host) -> None:
    def folders() -> list[str]:
        return host.run("sh", "-c", f"ls -d {shared_app.home}/run.*").out.split()

    assert hook(shared_app, "kill -9 $PPID").status == 137
    assert len(folders()) == 1
    step(shared_app, "secrets")
    assert folders() == []


def test_the_folder_of_a_running_hook_stays(shared_app: App) -> None:
    # One that changes nothing here. Every verb but `inspect` sweeps what dead runs have left.
    another_step = shlex.join(shared_app.words("abandon", "another id", "another/stack", "another resource"))
    result = hook(shared_app, f'{another_step} >/dev/null && test -e "$0" && echo "it is there"')
    assert "it is there" in result.err


@pytest.fixture
def full_disk(host: Host) -> Iterator[str]:
    """A folder on a disk of its own that is full."""
    host.as_root(
        "mkdir -p /tmp/full && mount -t tmpfs -o size=4k,mode=777 tmpfs /tmp/full; cat /dev/zero >/tmp/full/zero"
    )
    yield "/tmp/full"
    host.as_root("umount /tmp/full")


def test_a_full_disk_is_told_before_an_image_is_pulled(app: App, host: Host, full_disk: str) -> None:
    host.docker("image", "rm", host.images["v4"], check=False)
    host.run("sh", "-c", f"cat >{app.home}/host.json", stdin=to_json(HostRecord("kamal", docker_root=full_disk)))
    app.log_in()
    for result in [app.call("pull", SERVICE, "v4", host.images["v4"]), app.candidate("v4")]:
        assert f"only 0 MB are free in {full_disk} on web1, and 500 MB are needed to pull an image." in result.failure
        assert "docker system df" in result.err
        assert "pulling" not in result.err
    assert app.containers() == {}


def test_a_disk_without_room_for_a_record_is_told_in_words(app: App, host: Host, full_disk: str) -> None:
    host.run("ln", "-s", full_disk, f"{app.home}/roles")
    result = app.candidate("v4")
    assert "No space left on device" in result.failure
    assert "Traceback" not in result.err
    assert host.run("find", f"{full_disk}/", "-name", ".*").out == ""
    assert app.containers() == {}
    host.run("rm", f"{app.home}/roles")


@pytest.mark.parametrize("start", ["", "x"])
def test_the_audit_log_loses_its_older_half_when_it_has_become_large(shared_app: App, host: Host, start: str) -> None:
    """With one of both starts, the new first byte is in the middle of a character."""
    old = start + "ë" * 500_000 + "\n" + '{"verb": "old"}\n' * 3
    host.run("sh", "-c", f"cat >{shared_app.home}/audit.log", stdin=old)
    result = step(shared_app, "secrets")
    assert (result.status, result.err) == (0, "")
    assert [entry["verb"] for entry in shared_app.audit()] == ["old", "old", "old", "secrets"]
