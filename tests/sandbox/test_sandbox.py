"""The sandbox comes up, is repaired, and goes without a trace."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dev.sandbox import Sandbox, processes
from dev.sandbox.errors import SandboxError
from tests.own_sandbox import own_sandbox


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A sandbox of its own, removed afterwards."""
    made = own_sandbox("sandbox-tests")
    yield made
    made.down()


def traces(sandbox: Sandbox) -> list[str]:
    """What of the sandbox can be seen on this machine: interface, mounts, processes, control groups, files."""
    found = [str(pid) for pid in processes.marked(sandbox.layout.state)]
    for listing in (["ip", "link"], ["ip", "netns"], ["iptables", "-S"]):
        if shutil.which(listing[0]):
            said = subprocess.run(listing, capture_output=True, text=True, timeout=10).stdout
            found += [line for line in said.splitlines() if sandbox.layout.name in line]
    found += [line for line in Path("/proc/mounts").read_text().splitlines() if str(sandbox.layout.state) in line]
    found += [str(path) for path in Path("/sys/fs/cgroup").glob(f"*/{sandbox.layout.name}*")]
    return found + [str(path) for path in (sandbox.layout.state,) if path.exists()]


def test_it_comes_up_in_time_again_at_once_and_goes_without_a_trace(sandbox: Sandbox) -> None:
    started = time.monotonic()
    first = sandbox.up(3)
    assert time.monotonic() - started < 20
    assert [host.user for host in first.hosts] == ["deploy", "root", "deploy"]
    assert all(part.up for part in sandbox.status())
    for host in first.hosts:
        words = [*sandbox.ssh(host.name), "docker image inspect --format {{.Id}} basecamp/kamal-proxy:v0.9.2"]
        assert subprocess.run(words, capture_output=True, timeout=20).returncode == 0
    assert traces(sandbox)
    assert sandbox.up() == first
    assert [host.name for host in sandbox.up(1).hosts] == ["web1"]
    sandbox.down()
    assert traces(sandbox) == []
    sandbox.down()


def test_what_dies_is_started_again(sandbox: Sandbox) -> None:
    sandbox.up(1)
    parts = processes.marked(sandbox.layout.hosts / "web1")
    processes.kill([pid for pid in parts if not processes.is_first(pid)])
    assert not all(part.up for part in sandbox.status())
    sandbox.up()
    assert all(part.up for part in sandbox.status())
    # As in a power cut: everything at once, and `down` right after.
    processes.kill(processes.marked(sandbox.layout.state))
    sandbox.down()
    assert traces(sandbox) == []


def test_a_number_of_hosts_that_cannot_be_is_refused(sandbox: Sandbox) -> None:
    for number in (0, 9):
        with pytest.raises(SandboxError, match=f"A sandbox has 1 to 8 hosts, not {number}"):
            sandbox.up(number)
