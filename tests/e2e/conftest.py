"""The sandbox, brought up once, and a stack for each test that is torn down after it."""

import base64
import itertools
import json
import os
import shlex
import ssl
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dev.sandbox import Sandbox
from dev.sandbox.inventory import Host, Inventory
from tests.contract.ssh_server import new_key, running_agent
from tests.e2e.footprint import OnHost
from tests.e2e.site import Site
from tests.e2e.stack import Stack

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
    """The environment that `. .local/sandbox/env` gives."""
    return sandbox.environment()


@pytest.fixture
def new_stack(tmp_path: Path, inventory: Inventory, environment: dict[str, str]) -> Iterator[Callable[..., Stack]]:
    """Makes stacks, each with an app of its own; they are destroyed when the test is over."""
    stacks: list[Stack] = []

    def make(kind: type[Stack] = Stack, **options: Any) -> Stack:
        service = f"app{os.getpid()}-{next(numbers)}"
        stacks.append(kind(tmp_path / service, service, inventory, environment, **options))
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
        logs = {host.address: sandbox.paths.hosts / host.name / "sshd.log" for host in inventory.hosts}
        return {address: log.read_text().count("Accepted publickey") for address, log in logs.items()}

    return count


@pytest.fixture
def registry_tags(inventory: Inventory, environment: dict[str, str]) -> Callable[[str], list[str]]:
    """Lists the tags that the registry holds for an image."""
    registry = inventory.registry
    password = Path(registry.password_file).read_text().strip()
    login = base64.b64encode(f"{registry.username}:{password}".encode()).decode()
    trust = ssl.create_default_context(cafile=environment["SSL_CERT_FILE"])

    def tags(image: str) -> list[str]:
        url = f"https://{registry.server}/v2/{image}/tags/list"
        request = urllib.request.Request(url, headers={"Authorization": f"Basic {login}"})
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=trust)
        )
        with opener.open(request, timeout=10) as answer:
            return list(json.loads(answer.read())["tags"])

    return tags


@pytest.fixture
def other_agent(inventory: Inventory, on_host: OnHost) -> Iterator[Path]:
    """The socket of an SSH agent that holds a key of its own, with which every host lets in."""
    # Not in tmp_path: the path of a socket has to be short.
    with tempfile.TemporaryDirectory() as folder:
        name = f"second-{os.getpid()}"
        key = new_key(Path(folder) / "key", comment=name)
        public = key.with_suffix(".pub").read_text().strip()
        with running_agent(Path(folder), key) as socket:
            try:
                for host in inventory.hosts:
                    on_host(host, f"echo {shlex.quote(public)} >>.ssh/authorized_keys")
                yield Path(socket)
            finally:
                for host in inventory.hosts:
                    on_host(host, f"sed -i '/ {name}$/d' .ssh/authorized_keys")


@pytest.fixture
def on_host(sandbox: Sandbox) -> OnHost:
    """Runs a shell command on a host, as its user, and returns its output."""

    def run(host: Host, script: str) -> str:
        done = sandbox.run(host.name, ["sh", "-c", script])
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()

    return run
