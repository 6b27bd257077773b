"""What goes wrong leaves the old version serving, says why, and can be gone on from."""

import time
from pathlib import Path

import pytest

from tests.e2e.footprint import OnHost, footprints
from tests.e2e.load import Load
from tests.e2e.site import Site
from tests.e2e.stack import Stack

UNHEALTHY = "echo 'cannot reach the database' >&2\nmkdir -p /tmp/w\nexec httpd -f -p 8080 -h /tmp/w\n"
CRASHING = "echo 'no such table: users' >&2\nexit 3\n"


@pytest.mark.parametrize(
    ("script", "words", "answer"),
    [(UNHEALTHY, "cannot reach the database", "404"), (CRASHING, "no such table: users", "exit code 3")],
    ids=["unhealthy", "crashing"],
)
@pytest.mark.one_host
def test_a_broken_app_fails_the_deploy_and_the_old_version_goes_on_serving(
    stack: Stack, site: Site, on_host: OnHost, tmp_path: Path, script: str, words: str, answer: str
) -> None:
    started = time.monotonic()
    stack.up()
    usual = time.monotonic() - started
    before = footprints(stack, on_host)
    old = stack.outputs()["version"]
    good = (stack.app / "serve.sh").read_text()
    stack.write("serve.sh", script)
    stack.commit("Broken")
    started = time.monotonic()
    with Load(stack, tmp_path, stack.environment) as load:
        output = stack.up_fails()
    # deploy_timeout, and what else a deploy takes
    assert time.monotonic() - started < 10 + 3 * usual
    for part in (words, answer, stack.hosts[0].address):
        assert part in output, output
    # The broken containers are gone again.
    assert footprints(stack, on_host) == before
    assert "Traceback" not in output
    assert not load.failed(), load.failed()[:3]
    assert site.versions() == [old] * len(stack.hosts)
    assert stack.outputs()["version"] == old
    stack.write("serve.sh", good)
    new = stack.commit("Mended")
    stack.up()
    assert site.versions() == [new] * len(stack.hosts)


@pytest.mark.long
@pytest.mark.one_host
def test_a_failing_hook_stops_the_deploy_at_its_point_and_the_next_one_goes_on(
    stack: Stack, site: Site, on_host: OnHost
) -> None:
    """Each deploy gets past the hook that is mended and as far as the next one, on the deployer and on a host."""
    stack.up()
    old = stack.outputs()["version"]
    stack.write("page.html", "<p>second</p>")
    new = stack.commit()
    names = ("pre-connect", "pre-deploy", "pre-app-boot", "post-deploy")
    for name in names:
        stack.hook(name, "#!/bin/sh\necho 'not today' >&2\nexit 4\n")
    for name in names:
        output = stack.up_fails()
        assert "not today" in output
        assert f"hook {name} failed with exit status 4" in output, output
        assert stack.outputs()["version"] == old
        # After the switch it is too late to hold the new version back: as in Kamal it serves, and the deploy has failed.
        switched = name == "post-deploy"
        assert site.versions() == [new if switched else old] * len(stack.hosts), name
        stack.hook(name, f"#!/bin/sh\necho mended {name}\n")
    output = stack.up()
    assert "mended post-deploy" in output
    assert site.versions() == [new] * len(stack.hosts)
    assert stack.outputs()["version"] == new
    # With candidates beside what serves, a destroy leaves nothing.
    stack.hook("pre-app-boot", "#!/bin/sh\nexit 4\n")
    stack.commit()
    stack.up_fails()
    stack.destroy()
    assert not any(footprints(stack, on_host))


@pytest.mark.one_host
def test_a_failed_build_shows_the_end_of_its_output_and_leaves_nothing_behind(stack: Stack, on_host: OnHost) -> None:
    stack.write("Dockerfile", "ARG BASE\nFROM ${BASE}\nRUN echo 'the compiler is unhappy' && exit 7\n")
    stack.commit()
    output = stack.up_fails()
    assert "the compiler is unhappy" in output
    assert "exit code: 7" in output
    assert "-pull" not in output
    assert "Traceback" not in output
    stack.destroy()
    assert not any(footprints(stack, on_host))


def test_a_wrong_host_key_stops_everything_before_a_command_is_run(stack: Stack) -> None:
    host = stack.hosts[1]
    keys = {entry.address: entry.host_key for entry in stack.hosts}
    users = {entry.address: entry.user for entry in stack.hosts}
    stack.configure(ssh={"users": users, "host_keys": {**keys, host.address: stack.hosts[0].host_key}})
    output = stack.up_fails()
    assert f"{host.address}: " in output
    assert "host key" in output
    assert "-prepare" not in output
    # Without the look the command plugin refuses it.
    stack.configure(inspect=False)
    output = stack.up_fails()
    assert "host key mismatch" in output
    assert host.address in output
    assert "candidate" not in output
    # The teardown of the host is in the state, with the wrong key.
    stack.configure(ssh={"users": users, "host_keys": keys}, inspect=None)
    stack.up()


@pytest.mark.one_host
def test_a_host_that_cannot_be_reached_is_named_and_nothing_is_switched(stack: Stack, site: Site) -> None:
    stack.up()
    served = stack.outputs()["version"]
    key = stack.hosts[0].host_key
    users = {entry.address: entry.user for entry in stack.hosts}
    keys = {entry.address: entry.host_key for entry in stack.hosts}
    nowhere = stack.hosts[0].address.rpartition(".")[0] + ".250"
    stack.configure(
        servers=[*keys, nowhere],
        ssh={"users": users, "host_keys": {**keys, nowhere: key}, "connect_timeout": 2},
    )
    stack.write("page.html", "<p>second</p>")
    stack.commit()
    started = time.monotonic()
    output = stack.up_fails()
    assert time.monotonic() - started < 30
    assert f"{nowhere}: " in output
    assert "-prepare" not in output
    assert "Traceback" not in output
    assert site.versions() == [served] * len(stack.hosts)
    assert stack.outputs()["version"] == served
    stack.configure(servers=list(keys))
    stack.up()
    assert site.versions() != [served] * len(stack.hosts)


def test_a_host_whose_key_is_not_known_is_refused_before_anything_is_declared(stack: Stack) -> None:
    keys = {entry.address: entry.host_key for entry in stack.hosts[1:]}
    users = {entry.address: entry.user for entry in stack.hosts}
    stack.configure(ssh={"users": users, "host_keys": keys})
    output = stack.preview_fails()
    assert f"the key of host {stack.hosts[0].address} is not known" in output
    assert "ssh-keyscan" in output
    assert "Traceback" not in output


@pytest.mark.one_host
def test_a_refused_registry_login_is_told_as_such(stack: Stack) -> None:
    stack.configure(secrets={"REGISTRY_PASSWORD": "wr0ng"})
    output = stack.up_fails()
    assert "wr0ng" not in output
    assert stack.inventory.registry.server in output
    assert "unauthorized" in output.lower() or "authentication" in output.lower()
    assert "Check registry.username and the secret REGISTRY_PASSWORD" in output
    assert "-pull" not in output
    assert "Traceback" not in output


def test_every_fault_of_the_settings_is_in_one_report(stack: Stack) -> None:
    stack.configure(service="-x", image="acme/shop:1", proxy={"app_prt": 80}, boot={"limit": 0})
    output = stack.preview_fails()
    for line in (
        "boot.limit: must be a number of hosts",
        'image: "acme/shop:1" must not contain a tag',
        "proxy.app_prt: is not a known key; did you mean app_port?",
        'service: "-x" is not a valid name',
    ):
        assert line in output
    assert "Traceback" not in output
