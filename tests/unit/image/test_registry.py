"""The digest and the labels of a version, asked of a registry over HTTPS."""

import base64
import json
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
import trustme

from components.image.registry import RegistryError, image_digest, image_labels
from components.secret import Secret
from components.settings import RegistryLogin

DIGEST = "sha256:" + "1" * 64
LOGIN = RegistryLogin(Secret("me"), Secret("hunter2"))
AUTHORITY = trustme.CA()
BASIC = "Basic " + base64.b64encode(b"me:hunter2").decode()


MANIFEST = {"config": {"digest": "sha256:c"}}
HAS = {
    "manifests/v1": MANIFEST,
    "manifests/two-platforms": {"manifests": [{"digest": "sha256:a"}, {"digest": "sha256:b"}]},
    "manifests/sha256:a": MANIFEST,
    "manifests/plain": {"config": {"digest": "sha256:d"}},
    "manifests/empty-index": {"manifests": []},
    "manifests/artifact": {"layers": []},
    "manifests/a-list": ["no", "manifest"],
    "blobs/sha256:c": {"config": {"Labels": {"service": "shop"}}},
    "blobs/sha256:d": {"config": {"Labels": None}},
}


class Registry(BaseHTTPRequestHandler):
    """Has acme/shop:v1. Wants a password, and where `tokens` is set a token that the password gives."""

    tokens = False
    scheme = "https"

    def do_HEAD(self) -> None:  # the name is http.server's
        expected = "Bearer t0ken" if self.tokens else BASIC
        if self.headers.get("Authorization") != expected:
            realm = f'Bearer realm="{self.scheme}://{self.headers["Host"]}/token",service="registry",scope="pull"'
            self._answer(401, {"WWW-Authenticate": realm if self.tokens else 'Basic realm="registry"'})
        elif self.path == "/v2/acme/shop/manifests/v1" and "oci.image.index" in self.headers["Accept"]:
            self._answer(200, {"Docker-Content-Digest": DIGEST})
        else:
            self._answer(404, {})

    def do_GET(self) -> None:
        if self.path.startswith("/v2/"):
            expected = "Bearer t0ken" if self.tokens else BASIC
            if self.headers.get("Authorization") != expected:
                self.do_HEAD()
            elif found := HAS.get(self.path.removeprefix("/v2/acme/shop/")):
                self._answer(200, {}, json.dumps(found).encode())
            else:
                self._answer(404, {})
            return
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
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    AUTHORITY.issue_cert("127.0.0.1").configure_cert(context)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.fixture(autouse=True)
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The authority of the registry's certificate is trusted, and no proxy is asked."""
    AUTHORITY.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture(params=[False, True], ids=["password", "token"])
def server(request: pytest.FixtureRequest) -> Iterator[str]:
    """Both kinds of registry."""
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


def test_an_answer_that_is_not_http_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        AUTHORITY.issue_cert("127.0.0.1").configure_cert(context)

        def answer() -> None:
            with context.wrap_socket(listener.accept()[0], server_side=True) as connection:
                connection.recv(1000)
                connection.sendall(b"SSH-2.0-nonsense\r\n")

        Thread(target=answer, daemon=True).start()
        address = f"127.0.0.1:{listener.getsockname()[1]}"
        with pytest.raises(RegistryError, match=f"the registry {address} does not answer"):
            image_digest(address, "acme/shop", "v1", None)


def test_a_login_is_never_sent_to_an_address_without_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Registry, "scheme", "http")
    with serving(tokens=True) as address, pytest.raises(RegistryError, match="it gave no address for a token"):
        image_digest(address, "acme/shop", "v1", LOGIN)


@pytest.mark.parametrize(
    ("tag", "labels"), [("v1", {"service": "shop"}), ("two-platforms", {"service": "shop"}), ("plain", {})]
)
def test_the_labels_of_an_image_are_found(server: str, tag: str, labels: dict[str, str]) -> None:
    assert image_labels(server, "acme/shop", tag, LOGIN) == labels


@pytest.mark.parametrize("tag", ["empty-index", "artifact", "a-list"])
def test_what_is_no_image_is_told(server: str, tag: str) -> None:
    with pytest.raises(RegistryError, match="answers with what is no image"):
        image_labels(server, "acme/shop", tag, LOGIN)


def test_a_tag_that_is_not_there_has_no_labels(server: str) -> None:
    with pytest.raises(RegistryError, match="does not have it"):
        image_labels(server, "acme/shop", "v2", LOGIN)
