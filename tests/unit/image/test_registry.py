"""The digest of a pinned version, asked of a registry over HTTP."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from components.image.registry import RegistryError, image_digest
from components.secret import Secret
from components.settings import RegistryLogin

DIGEST = "sha256:" + "1" * 64
LOGIN = RegistryLogin(Secret("me"), Secret("hunter2"))
BASIC = "Basic " + base64.b64encode(b"me:hunter2").decode()


class Registry(BaseHTTPRequestHandler):
    """Has acme/shop:v1. Wants a password, and where `tokens` is set a token that the password gives."""

    tokens = False

    def do_HEAD(self) -> None:  # the name is http.server's
        expected = "Bearer t0ken" if self.tokens else BASIC
        if self.headers.get("Authorization") != expected:
            realm = f'Bearer realm="http://{self.headers["Host"]}/token",service="registry",scope="pull"'
            self._answer(401, {"WWW-Authenticate": realm if self.tokens else 'Basic realm="registry"'})
        elif self.path == "/v2/acme/shop/manifests/v1" and "oci.image.index" in self.headers["Accept"]:
            self._answer(200, {"Docker-Content-Digest": DIGEST})
        else:
            self._answer(404, {})

    def do_GET(self) -> None:
        assert self.path == "/token?service=registry&scope=pull"
        granted = self.headers.get("Authorization") == BASIC
        self._answer(200 if granted else 401, {}, json.dumps({"token": "t0ken"}).encode() if granted else b"")

    def _answer(self, status: int, headers: dict[str, str], body: bytes = b"") -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def serving(*, tokens: bool) -> Iterator[str]:
    """The address of a registry on loopback."""
    handler = type("Handler", (Registry,), {"tokens": tokens})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.fixture(params=[False, True], ids=["password", "token"])
def server(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Both kinds of registry."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with serving(tokens=request.param) as address:
        yield address


def test_a_tag_has_a_digest(server: str) -> None:
    assert image_digest(server, "acme/shop", "v1", LOGIN) == DIGEST


def test_a_tag_that_is_not_there_is_told(server: str) -> None:
    with pytest.raises(RegistryError, match="does not have it"):
        image_digest(server, "acme/shop", "v2", LOGIN)


def test_a_refused_login_is_told_with_what_to_check_and_without_the_password(server: str) -> None:
    with pytest.raises(RegistryError, match=r"refuses the login .*: check registry\.username") as caught:
        image_digest(server, "acme/shop", "v1", RegistryLogin(Secret("me"), Secret("wr0ng")))
    assert "wr0ng" not in str(caught.value)
    with pytest.raises(RegistryError, match=r"refuses the login .*: set registry\.username"):
        image_digest(server, "acme/shop", "v1", None)


def test_a_registry_that_does_not_answer_is_told() -> None:
    with serving(tokens=False) as address:
        pass
    with pytest.raises(RegistryError, match=f"the registry {address} does not answer"):
        image_digest(address, "acme/shop", "v1", None)
