"""The sandbox, brought up once, and a stack for each test that is torn down after it."""

import base64
import itertools
import json
import os
import shlex
import ssl
import subprocess
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dev.sandbox import Sandbox
from dev.sandbox.inventory import Host, Inventory
from tests.contract.ssh_server import new_key, running_agent
from tests.e2e.footprint import OnHost, remove_footprints
from tests.e2e.own_way import OwnWay, own_way
from tests.e2e.site import Site
from tests.e2e.stack import NewStack, Stack

numbers = itertools.count(1)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let long tests start first, so that none of them runs alone at the end; each part stays in its random order."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


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


@pytest.fixture(scope="session")
def prepared_stack(
    tmp_path_factory: pytest.TempPathFactory, inventory: Inventory, environment: dict[str, str]
) -> NewStack:
    """The stack of which others are copies."""
    return NewStack(Stack(tmp_path_factory.mktemp("new") / "stack", "new", inventory, environment))


@pytest.fixture
def new_stack(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    inventory: Inventory,
    environment: dict[str, str],
    prepared_stack: NewStack,
    on_host: OnHost,
) -> Iterator[Callable[..., Stack]]:
    """Makes stacks, each with an app of its own; what they leave on the hosts is removed when the test is over.

    That takes a tenth of a `pulumi destroy`, which has tests of its own.
    """
    stacks: list[Stack] = []
    hosts = inventory.hosts
    if request.node.get_closest_marker("one_host"):
        # Each in its turn: they have other users.
        hosts = (hosts[next(numbers) % len(hosts)],)

    def make(kind: type[Stack] = Stack, **options: Any) -> Stack:
        service = f"app{os.getpid()}-{next(numbers)}"
        offered = replace(inventory, hosts=hosts)
        stacks.append(kind(tmp_path / service, service, offered, environment, new=prepared_stack, **options))
        return stacks[-1]

    yield make
    for stack in stacks:
        remove_footprints(stack, on_host)


@pytest.fixture
def stack(new_stack: Callable[[], Stack]) -> Stack:
    """A stack that is configured and not deployed yet."""
    return new_stack()


@pytest.fixture
def site(stack: Stack) -> Site:
    """The stack's app as its users see it."""
    return Site(stack)


@pytest.fixture
def way(stack: Stack, sandbox: Sandbox) -> Iterator[OwnWay]:
    """The stack's own way to its second host."""
    with own_way(stack, stack.hosts[1], sandbox) as way:
        yield way


@pytest.fixture
def connections(stack: Stack, sandbox: Sandbox, other_agent: Path) -> Callable[[], dict[str, int]]:
    """Counts the SSH logins that the stack has had on each host, by its address. It has a key of its own for that."""
    stack.environment["SSH_AUTH_SOCK"] = str(other_agent)
    listed = subprocess.run(["ssh-add", "-l"], env=stack.environment, check=True, capture_output=True, text=True)
    fingerprint = listed.stdout.split()[1]
    logs = {host.address: sandbox.paths.hosts / host.name / "sshd.log" for host in stack.hosts}

    def count() -> dict[str, int]:
        lines = {address: log.read_text().splitlines() for address, log in logs.items()}
        return {
            address: sum("Accepted publickey" in line and fingerprint in line for line in lines[address])
            for address in lines
        }

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
                # Tests run side by side, each with its line in the file.
                for host in inventory.hosts:
                    on_host(host, f"flock .ssh sh -c {shlex.quote(f'echo {public} >>.ssh/authorized_keys')}")
                yield Path(socket)
            finally:
                for host in inventory.hosts:
                    on_host(host, f"flock .ssh sed -i '/ {name}$/d' .ssh/authorized_keys")


@pytest.fixture
def on_host(sandbox: Sandbox) -> OnHost:
    """Runs a shell command on a host, as its user, and returns its output."""

    def run(host: Host, script: str) -> str:
        done = sandbox.run(host.name, ["sh", "-c", script])
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()

    return run
