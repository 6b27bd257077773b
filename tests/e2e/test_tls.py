"""HTTPS: certificates that kamal-proxy gets from an ACME server, and those of one's own."""

import http.client
import os
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from dev.sandbox import Sandbox
from dev.sandbox.acme import AcmeServer, name_for
from tests.e2e.stack import Stack
from tests.own_sandbox import own_sandbox

OWN = ("DOCKER_HOST", "SSH_AUTH_SOCK", "SSL_CERT_FILE", "NO_PROXY", "no_proxy")
"""What the environment of another sandbox differs in."""


def get(address: str, name: str, authority: str, path: str = "/version") -> tuple[int, str]:
    """The status and body of an answer over HTTPS, whose certificate is of an authority (PEM)."""
    trust = ssl.create_default_context(cadata=authority)
    with (
        socket.create_connection((address, 443), 20) as connection,
        trust.wrap_socket(connection, server_hostname=name) as secured,
    ):
        asked = http.client.HTTPSConnection(name)
        asked.sock = secured
        asked.request("GET", path)
        answer = asked.getresponse()
        return answer.status, answer.read().decode().strip()


def redirect_of(address: str, name: str) -> tuple[int, str | None]:
    """The status of an answer over HTTP, and where it redirects to."""
    asked = http.client.HTTPConnection(address, timeout=10)
    asked.request("GET", "/version?a=1", headers={"Host": name})
    answer = asked.getresponse()
    return answer.status, answer.getheader("Location")


@pytest.fixture
def tls_sandbox() -> Iterator[Sandbox]:
    """A sandbox with one host and an ACME server: its kamal-proxy has other options than that of the other tests."""
    made = own_sandbox(f"tls-tests{os.environ.get('PYTEST_XDIST_WORKER', '')}")
    made.up(1)
    yield made
    made.down()


@pytest.fixture
def acme(tls_sandbox: Sandbox) -> AcmeServer:
    """Its ACME server."""
    return tls_sandbox.acme_server()


def test_kamal_proxy_gets_a_certificate_by_itself(
    tls_sandbox: Sandbox, acme: AcmeServer, environment: dict[str, str], tmp_path: Path
) -> None:
    own = tls_sandbox.environment()
    inventory = tls_sandbox.inventory()
    stack = Stack(tmp_path / "tls", "tls", inventory, environment | {name: own[name] for name in OWN})
    [host] = inventory.hosts
    name = name_for(host.address, "shop")
    run = {"options": acme.proxy_options}
    stack.configure(proxy={"app_port": 8080, "host": name, "ssl": True, "run": run})
    stack.up()
    assert stack.outputs()["addresses"] == [f"https://{name}"]
    status, text = get(host.address, name, acme.root.read_text())
    assert (status, stack.git("rev-parse", "HEAD") in text) == (200, True)
    assert redirect_of(host.address, name) == (301, f"https://{name}/version?a=1")
    stack.up("--expect-no-changes")
