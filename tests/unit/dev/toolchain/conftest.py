"""What the toolchain's tests share: folders of their own, a download site, and programs that are shell scripts."""

from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from dev.toolchain import download, paths

Script = Callable[..., Path]


@pytest.fixture(autouse=True)
def local(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `.local` folder in place of this clone's."""
    folder = tmp_path / ".local"
    (folder / "engine" / "bin").mkdir(parents=True)
    monkeypatch.setattr(paths, "LOCAL", folder)
    monkeypatch.setattr(paths, "BIN", folder / "engine" / "bin")
    monkeypatch.setattr(paths, "BUILT", folder / "engine")
    monkeypatch.setattr(paths, "SHARED", "")
    monkeypatch.setattr(paths, "SANDBOX_HOME", folder / "pulumi")
    monkeypatch.setattr(paths, "STAND_IN_HOME", folder / "pulumi-home")
    monkeypatch.setattr(paths, "ENVIRONMENT", folder / "env")
    return folder


@pytest.fixture
def built(local: Path) -> Path:
    """The folder of builds and downloads."""
    return local / "engine"


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that is served as Pulumi's download site."""
    folder = tmp_path / "site"
    folder.mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=str(folder)))
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    monkeypatch.setattr(download, "BASE", f"http://127.0.0.1:{server.server_address[1]}")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    # Forget what an earlier test found out.
    download.reachable.cache_clear()
    yield folder
    download.reachable.cache_clear()
    server.shutdown()
    server.server_close()


@pytest.fixture
def script() -> Script:
    """Makes an executable shell script."""

    def make(file: Path, *lines: str) -> Path:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("\n".join(["#!/bin/sh", *lines, ""]))
        file.chmod(0o755)
        return file

    return make


@pytest.fixture
def pulumi(tmp_path: Path, script: Script) -> Script:
    """Makes a folder with a Pulumi CLI of some version and, unless told otherwise, its Python language host."""

    def make(folder: str, version: str = "3.259.0", *, language_host: bool = True) -> Path:
        if language_host:
            script(tmp_path / folder / "pulumi-language-python")
        return script(tmp_path / folder / "pulumi", f"echo v{version}")

    return make
