"""The folder of the builds, which all deploys from one checkout share."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable
from pathlib import Path
from typing import Any, cast

import pytest

from components.errors import ImageError, SourceError
from components.image import build_lock
from components.image.build_context import BUILDS, KEPT_LOGS, BuildContext
from components.source import Source, SourcePolicy, resolve_source
from tests.unit.graph import PROJECT, app_project

KILLED_BUILD = """
import asyncio, sys
from pathlib import Path
from components.image.build_context import BuildContext
from components.source import SourcePolicy, resolve_source
context = BuildContext(resolve_source(Path(sys.argv[1]), SourcePolicy.COMMIT), Path(sys.argv[2]))
async def build():
    await context.hooks("shop").before_create[0](None)
    print("builds", flush=True)
    await asyncio.sleep(60)
asyncio.run(build())
"""


def run(awaitable: Awaitable[None]) -> None:
    """Run a coroutine. `asyncio.run` would leave the thread without an event loop, which Pulumi's Outputs need."""
    loop = asyncio.new_event_loop()
    try:
        loop.run_until_complete(awaitable)
    finally:
        loop.close()


class Build:
    """A build, as the engine calls its hooks."""

    def __init__(self, source: Source, project: Path) -> None:
        self.context = BuildContext(source, project)
        hooks = self.context.hooks("shop")
        assert hooks.before_create and hooks.after_create and hooks.on_error
        self._before: Any = hooks.before_create[0]
        self._after: Any = hooks.after_create[0]
        self._on_error: Any = hooks.on_error[0]

    async def begin(self) -> "Build":
        await cast("Awaitable[None]", self._before(None))
        return self

    def end(self) -> None:
        self._after(None)

    def fail(self) -> None:
        assert self._on_error(None) is False

    @property
    def files(self) -> list[str]:
        return sorted(file.name for file in self.context.folder.iterdir())


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("pulumi.log.info", lambda *_, **__: None)
    monkeypatch.setattr("pulumi.log.error", lambda *_, **__: None)
    monkeypatch.setattr(build_lock, "RETRY_INTERVAL", 0.01)
    return app_project(tmp_path)


@pytest.fixture
def source(project: Path) -> Source:
    return resolve_source(project.parent / "app", SourcePolicy.COMMIT)


@pytest.mark.parametrize("how", [Build.end, Build.fail])
def test_builds_from_one_checkout_take_turns(project: Path, source: Source, how: Any) -> None:
    async def both() -> None:
        first = await Build(source, project).begin()
        waiting = asyncio.create_task(Build(source, project).begin())
        await asyncio.sleep(0.1)
        assert not waiting.done()
        assert first.files == ["Dockerfile"]
        how(first)
        second = await waiting
        assert second.files == ["Dockerfile"]
        second.end()

    run(both())


def test_a_build_that_does_not_begin_lets_the_next_one_begin(
    project: Path, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise SourceError("no space left")

    async def both() -> None:
        with monkeypatch.context() as patch, pytest.raises(SourceError):
            patch.setattr(Source, "export", fail)
            await Build(source, project).begin()
        (await Build(source, project).begin()).end()

    run(both())


def test_a_failed_update_of_an_image_does_not_end_the_build_of_another_deploy(project: Path, source: Source) -> None:
    async def both() -> None:
        first = await Build(source, project).begin()
        Build(source, project).fail()
        waiting = asyncio.create_task(Build(source, project).begin())
        await asyncio.sleep(0.1)
        assert not waiting.done()
        assert first.files == ["Dockerfile"]
        first.end()
        (await waiting).end()

    run(both())


def test_the_wait_for_another_build_is_said_and_has_a_limit(
    project: Path, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    messages: list[str] = []
    monkeypatch.setattr("pulumi.log.info", messages.append)
    monkeypatch.setattr(build_lock, "LIMIT", 0.1)

    async def both() -> None:
        first = await Build(source, project).begin()
        assert messages == []
        with pytest.raises(ImageError, match=r"Another build .* has held .*/lock for 0\.1 s"):
            await Build(source, project).begin()
        assert messages == ["Waiting for another build of an image from this folder to end."]
        first.end()

    run(both())


def test_the_build_after_a_killed_one_begins_at_once_and_removes_what_that_left(project: Path, source: Source) -> None:
    words = [sys.executable, "-c", KILLED_BUILD, str(project.parent / "app"), str(project)]
    with subprocess.Popen(words, cwd=PROJECT, stdout=subprocess.PIPE) as killed:
        assert killed.stdout
        assert killed.stdout.readline() == b"builds\n"
        os.kill(killed.pid, signal.SIGKILL)
    # An export that was killed leaves a scratch folder.
    (project / BUILDS / ".5c9d.scratch" / "tree").mkdir(parents=True)
    (project / BUILDS / source.version / "of-another-folder").touch()
    (project / BUILDS / "other-version").mkdir()

    async def build() -> None:
        build = await asyncio.wait_for(Build(source, project).begin(), 5)
        assert build.files == ["Dockerfile"]
        build.end()

    run(build())
    assert [entry.name for entry in (project / BUILDS).iterdir()] == ["lock"]


def test_the_latest_logs_stay(project: Path, source: Source) -> None:
    (project / BUILDS).mkdir(parents=True)
    for number in range(KEPT_LOGS + 2):
        log = project / BUILDS / f"v{number}.log"
        log.touch()
        os.utime(log, (number, number))
    log = project / BUILDS / f"{source.version}.log"
    log.write_text("of the build before")

    async def build() -> None:
        (await Build(source, project).begin()).end()

    run(build())
    logs = {log.name for log in (project / BUILDS).glob("*.log")}
    assert logs == {f"v{number}.log" for number in range(2, KEPT_LOGS + 2)}


def test_the_paths_are_the_same_for_everybody(project: Path, source: Source) -> None:
    context = BuildContext(source, Path())
    assert str(context.folder) == f".local/build/{source.version}"
    assert str(context.log) == f".local/build/{source.version}.log"
    assert not (project / ".local").exists()
