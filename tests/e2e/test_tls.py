"""HTTPS: certificates that kamal-proxy gets from an ACME server, and those of one's own."""

import http.client
import os
import re
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dev.sandbox import Sandbox, images
from dev.sandbox.acme import AcmeServer, name_for
from dev.sandbox.inventory import Inventory
from tests.certificates import issue
from tests.e2e.footprint import OnHost
from tests.e2e.load import Load
from tests.e2e.stack import Stack
from tests.own_sandbox import own_sandbox

SERVE_DOCS = "mkdir -p /www && echo ok >/www/up && echo docs >/www/page && exec httpd -f -p 8080 -h /www"

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


def docs_server(inventory: Inventory, **proxy: Any) -> dict[str, Any]:
    """Settings of an accessory on every host that answers /page behind the proxy."""
    for host in inventory.hosts:
        images.ensure(images.base(), Path(host.docker_socket), host.name, print)
    docs = {"image": images.BASE, "cmd": ["sh", "-c", SERVE_DOCS], "proxy": {"app_port": 8080, **proxy}}
    return {"docs": {**docs, "hosts": [host.address for host in inventory.hosts]}}


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
    name, docs = name_for(host.address, "shop"), name_for(host.address, "docs")
    run = {"options": acme.proxy_options}
    stack.configure(
        proxy={"app_port": 8080, "host": name, "ssl": True, "run": run},
        accessories=docs_server(inventory, host=docs, ssl=True),
    )
    stack.up()
    assert stack.outputs()["addresses"] == [f"https://{name}", f"https://{docs}"]
    status, text = get(host.address, name, acme.root.read_text())
    assert (status, stack.git("rev-parse", "HEAD") in text) == (200, True)
    assert get(host.address, docs, acme.root.read_text(), "/page") == (200, "docs")
    assert redirect_of(host.address, name) == (301, f"https://{name}/version?a=1")
    stack.up("--expect-no-changes")


@pytest.mark.long
def test_an_app_with_a_certificate_of_its_own_gets_another_one_and_is_in_maintenance_without_another_container(
    stack: Stack, on_host: OnHost, environment: dict[str, str], tmp_path: Path
) -> None:
    """The user's way: HTTPS on two hosts for the app and an accessory, a renewed certificate, a maintenance."""
    (stack.app / "public").mkdir()
    stack.write("public/503.html", "<h1>{{ .Message }}</h1>")
    stack.commit()
    stack.write("public/503.html", "not committed")
    docs = f"docs.{stack.name}"
    first, second = issue(stack.name, docs), issue(stack.name, docs)
    own = {"certificate_pem": ["CERT"], "private_key_pem": ["KEY"]}
    stack.configure(
        proxy={"app_port": 8080, "host": stack.name, "ssl": own},
        error_pages_path="../app/public",
        accessories=docs_server(stack.inventory, host=docs, ssl=own),
        secrets={"CERT": first.certificate, "KEY": first.key},
    )
    stack.up()
    outputs = stack.outputs()
    assert outputs["addresses"] == [f"https://{stack.name}", f"https://{docs}"]

    def answers(authority: str) -> list[tuple[int, bool]]:
        """Host by host, the status of an answer, and whether it is the app's."""
        found = [get(host.address, stack.name, authority) for host in stack.hosts]
        return [(status, outputs["version"] in text) for status, text in found]

    def docs_answers(authority: str) -> list[tuple[int, str]]:
        """Host by host, the accessory's answer."""
        return [get(host.address, docs, authority, "/page") for host in stack.hosts]

    assert answers(first.authority) == [(200, True)] * 2
    assert docs_answers(first.authority) == [(200, "docs")] * 2
    assert redirect_of(stack.hosts[0].address, stack.name) == (301, f"https://{stack.name}/version?a=1")

    stack.configure(secrets={"CERT": second.certificate})
    refusal = "the secret KEY of {} is not the private key of the certificate in the secret CERT"
    failed = stack.preview_fails()
    assert all(refusal.format(of) in failed for of in ("role web", "accessory docs")), failed
    stack.configure(secrets={"KEY": second.key})
    preview = stack.preview()
    for step in ("web-certificate", "web-switch", "docs-accessory-certificate", "docs-accessory"):
        assert len(re.findall(rf"~ +command:remote:Command \S+-{step} +update", preview)) == 2, preview
    assert "-candidate" not in preview
    with Load(stack, tmp_path, environment, scheme="https") as load:
        stack.up()
    assert load.failed() == []
    assert answers(second.authority) == [(200, True)] * 2
    assert docs_answers(second.authority) == [(200, "docs")] * 2
    assert [stack.outputs()[key] for key in ("hosts", "accessories")] == [outputs["hosts"], outputs["accessories"]]
    state = stack.state()
    pems = (first.certificate, first.key, second.certificate, second.key)
    assert not [text for text in pems if text.splitlines()[1] in state]

    stack.configure(maintenance="back at noon")
    assert "+maintenance" in stack.preview()
    stack.up()
    assert [get(host.address, stack.name, second.authority) for host in stack.hosts] == [
        (503, "<h1>back at noon</h1>")
    ] * 2
    stack.up("--expect-no-changes")

    first_host = stack.hosts[0]
    on_host(first_host, f"docker exec kamal-proxy kamal-proxy resume {stack.service}-web-test")
    assert f"{first_host.address}: kamal-proxy passes requests on to container" in stack.preview()
    stack.up()
    assert [status for status, _ in answers(second.authority)] == [503, 503]

    stack.configure(maintenance=False)
    stack.up()
    assert answers(second.authority) == [(200, True)] * 2
    assert stack.outputs()["hosts"] == outputs["hosts"]
