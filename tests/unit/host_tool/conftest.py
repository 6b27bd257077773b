"""Fixtures: a host in memory, and an app that answers its health check."""

import itertools
import os
import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from components.host_tool.records.app_folder import AppFolder

from .fake_host import FakeHost


@dataclass
class FakeApp:
    """What listens on the port of the app's containers.

    Attributes:
        port: The port.
        status: The status with which it answers.
        location: Where a redirect leads to; at /elsewhere all is well.
        requests: The path, Host and User-Agent of each request.
    """

    port: int = 0
    status: int = 200
    location: str = "/elsewhere"
    requests: list[tuple[str, str, str]] = field(default_factory=list)


@pytest.fixture
def app() -> Iterator[FakeApp]:
    """An app that is healthy, until a test changes that."""
    app = FakeApp()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            app.requests.append((self.path, self.headers["Host"], self.headers["User-Agent"]))
            self.send_response(200 if self.path == "/elsewhere" else app.status)
            self.send_header("Location", app.location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        app.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield app
        server.shutdown()
        thread.join()


@pytest.fixture
def new_host(tmp_path: Path, app: FakeApp) -> Callable[[], FakeHost]:
    """Return a function that makes a host on which nothing has been done yet."""
    numbers = itertools.count()
    return lambda: FakeHost(AppFolder("shop", tmp_path / str(next(numbers)) / ".kamal"), app.port)


@pytest.fixture
def host(new_host: Callable[[], FakeHost]) -> FakeHost:
    """A prepared host."""
    host = new_host()
    host.prepare()
    return host


@pytest.fixture(autouse=True, scope="session")
def no_docker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """There is a Docker client as far as the steps look, and it is not the machine's own."""
    folder = tmp_path_factory.mktemp("bin")
    (folder / "docker").write_text("#!/bin/sh\necho 'the unit tests have no Docker' >&2\nexit 1\n")
    (folder / "docker").chmod(0o755)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
        yield


@pytest.fixture(autouse=True)
def signals() -> Iterator[None]:
    """A step that fails ignores signals to its end: that of the tests must not."""
    numbers = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
    before = {number: signal.getsignal(number) for number in numbers}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)
