"""HTTPS: certificates that kamal-proxy gets from an ACME server, and those of one's own."""

import http.client
import os
import re
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from dev.sandbox import Sandbox
from dev.sandbox.acme import AcmeServer, name_for
from tests.e2e.footprint import OnHost
from tests.e2e.load import Load
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


def issue(name: str) -> tuple[str, dict[str, str]]:
    """A new authority (PEM), and secrets with a certificate of it and the key."""
    authority = trustme.CA()
    issued = authority.issue_cert(name)
    key = issued.private_key_pem.bytes().decode()
    return authority.cert_pem.bytes().decode(), {"CERT": issued.cert_chain_pems[0].bytes().decode(), "KEY": key}


def test_an_app_with_a_certificate_of_its_own_gets_another_one_and_is_in_maintenance_without_another_container(
    stack: Stack, on_host: OnHost, environment: dict[str, str], tmp_path: Path
) -> None:
    """The user's way: HTTPS on two hosts, a renewed certificate, a maintenance."""
    (stack.app / "public").mkdir()
    stack.write("public/503.html", "<h1>{{ .Message }}</h1>")
    stack.commit()
    stack.write("public/503.html", "not committed")
    first, secrets = issue(stack.name)
    stack.configure(
        proxy={"app_port": 8080, "host": stack.name, "ssl": {"certificate_pem": ["CERT"], "private_key_pem": ["KEY"]}},
        error_pages_path="../app/public",
        secrets=secrets,
    )
    stack.up()
    outputs = stack.outputs()
    assert outputs["addresses"] == [f"https://{stack.name}"]

    def answers(authority: str) -> list[tuple[int, bool]]:
        """Host by host, the status of an answer, and whether it is the app's."""
        found = [get(host.address, stack.name, authority) for host in stack.hosts]
        return [(status, outputs["version"] in text) for status, text in found]

    assert answers(first) == [(200, True)] * 2
    assert redirect_of(stack.hosts[0].address, stack.name) == (301, f"https://{stack.name}/version?a=1")

    second, renewed = issue(stack.name)
    stack.configure(secrets=renewed)
    preview = stack.preview()
    assert len(re.findall(r"~ +command:remote:Command \S+-web-certificate +update", preview)) == 2
    assert len(re.findall(r"~ +command:remote:Command \S+-web-switch +update", preview)) == 2
    assert "-candidate" not in preview
    with Load(stack, tmp_path, environment, scheme="https") as load:
        stack.up()
    assert load.failed() == []
    assert answers(second) == [(200, True)] * 2
    assert stack.outputs()["hosts"] == outputs["hosts"]
    state = stack.state()
    assert not [text for text in (*secrets.values(), *renewed.values()) if text.splitlines()[1] in state]

    stack.configure(maintenance="back at noon")
    assert "+maintenance" in stack.preview()
    stack.up()
    assert [get(host.address, stack.name, second) for host in stack.hosts] == [(503, "<h1>back at noon</h1>")] * 2
    stack.up("--expect-no-changes")

    first_host = stack.hosts[0]
    on_host(first_host, f"docker exec kamal-proxy kamal-proxy resume {stack.service}-web-test")
    assert f"{first_host.address}: kamal-proxy passes requests on to container" in stack.preview()
    stack.up()
    assert [status for status, _ in answers(second)] == [503, 503]

    stack.configure(maintenance=False)
    stack.up()
    assert answers(second) == [(200, True)] * 2
    assert stack.outputs()["hosts"] == outputs["hosts"]
