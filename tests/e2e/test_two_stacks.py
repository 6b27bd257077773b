"""Two stacks that build from one checkout at once."""

import asyncio
import contextlib
import copy
import os
import signal
import subprocess
import tempfile
import time
from asyncio import StreamReader, StreamWriter
from collections.abc import Callable, Iterator
from threading import Event, Thread

import pytest

from tests.e2e.site import Site
from tests.e2e.stack import Stack

WAITS = "Waiting for another build of an image from this folder to end."


class HeldEngine:
    """A relay to the Docker engine. It holds the connections that are made while `holds` is true and it is not released."""

    def __init__(self, engine: str, path: str, holds: Callable[[], bool]) -> None:
        self._engine, self._path, self._holds = engine, path, holds
        self._listens, self.holding, self.released = Event(), Event(), Event()
        Thread(target=lambda: asyncio.run(self._serve()), daemon=True).start()
        assert self._listens.wait(5)

    async def _serve(self) -> None:
        async with await asyncio.start_unix_server(self._relay, self._path) as server:
            self._listens.set()
            await server.serve_forever()

    async def _relay(self, from_client: StreamReader, to_client: StreamWriter) -> None:
        while self._holds() and not self.released.is_set():
            self.holding.set()
            await asyncio.sleep(0.05)
        from_engine, to_engine = await asyncio.open_unix_connection(self._engine)
        await asyncio.gather(_pass_on(from_client, to_engine), _pass_on(from_engine, to_client))


async def _pass_on(source: StreamReader, target: StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while piece := await source.read(2**16):
            target.write(piece)
            await target.drain()
        target.write_eof()


class Update:
    """A `pulumi up` that runs beside the test."""

    def __init__(self, stack: Stack, **environment: str) -> None:
        self.log = stack.folder / f"{time.monotonic_ns()}.log"
        with self.log.open("w") as log:
            self._process = subprocess.Popen(
                ["pulumi", "--non-interactive", "--color=never", "up", "--yes", "--skip-preview"],
                cwd=stack.project,
                env=stack.environment | environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_until_it_waits_or_ends(self) -> None:
        """Wait until it says that it waits for the other build, or has ended."""
        for _ in range(1200):
            if WAITS in self.log.read_text() or self._process.poll() is not None:
                return
            time.sleep(0.05)
        raise AssertionError(self.log.read_text())

    def succeeds(self) -> str:
        """Wait for its end, and return its output."""
        assert self._process.wait(120) == 0, self.log.read_text()
        return self.log.read_text()

    def kill(self) -> None:
        """Kill the engine and the program."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(10)


@pytest.fixture
def other(stack: Stack) -> Stack:
    """Another stack of the project, with the same image under another name."""
    other = copy.copy(stack)
    other.environment = stack.environment | {"PULUMI_STACK": "other"}
    other.pulumi("stack", "init", "other", "--no-select", "--copy-config-from", "test")
    other.configure(proxy={"app_port": 8080, "host": f"other.{stack.name}"})
    return other


@pytest.fixture
def held_engine(stack: Stack) -> Iterator[HeldEngine]:
    """An engine that holds the first build of the app: its context is written and not read yet."""
    context = stack.project / ".local" / "build" / stack.git("rev-parse", "HEAD")
    engine = stack.environment.get("DOCKER_HOST", "unix:///var/run/docker.sock").removeprefix("unix://")
    # Not in tmp_path: the path of a socket has to be short.
    with tempfile.TemporaryDirectory() as folder:
        held = HeldEngine(engine, f"{folder}/docker.sock", context.exists)
        stack.environment["DOCKER_HOST"] = f"unix://{folder}/docker.sock"
        yield held
        held.released.set()


@pytest.mark.one_host
def test_they_update_at_the_same_time(stack: Stack, other: Stack, held_engine: HeldEngine) -> None:
    first = Update(stack)
    assert held_engine.holding.wait(60), first.log.read_text()
    second = Update(other)
    second.wait_until_it_waits_or_ends()
    held_engine.released.set()
    first.succeeds()
    assert WAITS in second.succeeds()
    version = stack.git("rev-parse", "HEAD")
    assert stack.outputs()["version"] == other.outputs()["version"] == version
    for host in stack.hosts:
        for name in (stack.name, f"other.{stack.name}"):
            assert version in Site(stack).text(host, "/version", name)
    assert [entry for entry in (stack.project / ".local" / "build").iterdir() if entry.is_dir()] == []
    for each in (stack, other):
        each.up("--expect-no-changes")


@pytest.mark.one_host
def test_a_killed_update_does_not_block_the_other(stack: Stack, other: Stack, held_engine: HeldEngine) -> None:
    killed = Update(stack)
    assert held_engine.holding.wait(60), killed.log.read_text()
    second = Update(other)
    second.wait_until_it_waits_or_ends()
    killed.kill()
    assert WAITS in second.succeeds()
    held_engine.released.set()
    stack.pulumi("cancel", "--yes")
    stack.up()
    assert stack.outputs()["version"] == other.outputs()["version"]
