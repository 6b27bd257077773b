"""The sandbox, brought up once, and a stack for each test that is torn down after it."""

import itertools
import os
import shlex
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sandbox import Sandbox
from sandbox.inventory import Host, Inventory
from tests.e2e.site import Site
from tests.e2e.stack import PROJECT, Stack

numbers = itertools.count(1)


@pytest.fixture(scope="session")
def sandbox() -> Sandbox:
    """The sandbox of this project with two hosts or more; it is left up, `make down` removes it."""
    sandbox = Sandbox()
    sandbox.up()
    return sandbox


@pytest.fixture(scope="session")
def inventory(sandbox: Sandbox) -> Inventory:
    """What the sandbox offers."""
    return sandbox.inventory()


@pytest.fixture(scope="session")
def environment(sandbox: Sandbox) -> dict[str, str]:
    """The environment that `. .local/env` gives."""
    script = f". {shlex.quote(str(PROJECT / '.local/env'))}; env -0"
    done = subprocess.run(["sh", "-c", script], env=os.environ, check=True, capture_output=True, text=True)
    return dict(line.split("=", 1) for line in done.stdout.split("\0") if line)


@pytest.fixture
def new_stack(tmp_path: Path, inventory: Inventory, environment: dict[str, str]) -> Iterator[Callable[[], Stack]]:
    """Makes stacks, each with an app of its own; they are destroyed when the test is over."""
    stacks: list[Stack] = []

    def make() -> Stack:
        service = f"app{os.getpid()}-{next(numbers)}"
        stacks.append(Stack(tmp_path / service, service, inventory, environment))
        return stacks[-1]

    yield make
    for stack in stacks:
        stack.destroy()


@pytest.fixture
def stack(new_stack: Callable[[], Stack]) -> Stack:
    """A stack that is configured and not deployed yet."""
    return new_stack()


@pytest.fixture
def site(stack: Stack) -> Site:
    """The stack's app as its users see it."""
    return Site(stack)


@pytest.fixture
def connections(sandbox: Sandbox, inventory: Inventory) -> Callable[[], dict[str, int]]:
    """Counts the SSH logins that each host, by its address, has had."""

    def count() -> dict[str, int]:
        logs = {host.address: sandbox.layout.hosts / host.name / "sshd.log" for host in inventory.hosts}
        return {address: log.read_text().count("Accepted publickey") for address, log in logs.items()}

    return count


@pytest.fixture
def on_host(sandbox: Sandbox) -> Callable[[Host, str], str]:
    """Runs a shell command on a host, as its user, and returns its output."""

    def run(host: Host, script: str) -> str:
        done = sandbox.run(host.name, ["sh", "-c", script])
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()

    return run
