"""certificate: a role's own TLS certificate on its way to a real kamal-proxy."""

import http.client
import ssl
import time

import pytest

from components.host_tool.result import Running
from components.host_tool.spec import CertificateSpec
from tests.certificates import Issued, issue
from tests.host.docker_host import App, Host

FOLDER = "/home/kamal-proxy/.config/kamal-proxy/apps-config"


def spec_of(issued: Issued) -> CertificateSpec:
    """What a host is told of a certificate."""
    return CertificateSpec(issued.certificate, issued.key)


def files_in_proxy(host: Host, app: App) -> list[list[str]]:
    """Mode, user and path of each file that kamal-proxy has of an app."""
    volume = host.docker("volume", "inspect", "--format", "{{.Mountpoint}}", "kamal-proxy-config")
    listed = host.as_root(f"cd {volume}/apps-config && find {app.name} -type f -printf '%m %U %p\\n'")
    return [line.split() for line in listed.out.splitlines()]


def redirect_of(host: Host, app: App) -> str | None:
    """Where a request over HTTP is redirected to."""
    asked = http.client.HTTPConnection(host.address, timeout=5)
    asked.request("GET", "/version", headers={"Host": app.web_host})
    return asked.getresponse().getheader("Location")


def test_kamal_proxy_serves_a_certificate_of_ones_own_and_the_next_one_without_another_container(
    app: App, host: Host
) -> None:
    first, second = issue(app.web_host), issue(app.web_host)
    with host.process_list() as seen:
        certificate = app.certificate(spec_of(first))
        app.log_in()
        release = app.candidate_release("v1")
        before = app.switch("v1", release, certificate=certificate, ssl=True).result(Running)
    assert host.get_https(app.web_host, first.authority) == (200, "v1")
    assert redirect_of(host, app) == f"https://{app.web_host}/version"
    assert not [line for line in seen if first.key.splitlines()[1] in line]
    found = files_in_proxy(host, app)
    assert {path.rpartition("/")[2] for _, _, path in found} == {"cert.pem", "key.pem"}
    # 1000 is kamal-proxy's user.
    assert {(mode, user) for mode, user, _ in found} == {("600", "1000")}
    assert host.run("find", f"{app.home}/roles/web/certificates", "-type", "f", "-printf", "%m").out == "600"

    certificate = app.certificate(spec_of(second))
    after = app.switch("v1", release, certificate=certificate, ssl=True).result(Running)
    assert after == before
    assert host.get_https(app.web_host, second.authority) == (200, "v1")
    with pytest.raises(ssl.SSLError):
        host.get_https(app.web_host, first.authority)
    assert {path.split("/")[2] for _, _, path in files_in_proxy(host, app)} == {f"tls-{certificate}"}

    # Its routes and their files are in the same volume.
    host.docker("restart", "--time", "1", "kamal-proxy")
    time.sleep(0.5)
    assert host.get_https(app.web_host, second.authority) == (200, "v1")

    assert app.tear_down("web").status == 0
    assert files_in_proxy(host, app) == []


def test_a_certificate_with_the_key_of_another_one_is_refused_and_nothing_of_it_is_said_or_kept(
    app: App, host: Host
) -> None:
    first, second = issue(app.web_host), issue(app.web_host)
    mixed = CertificateSpec(first.certificate, second.key)
    failure = app.call("certificate", "web", spec=mixed).failure
    assert "role web: the certificate of role web cannot be used: private_key_pem is not the key" in failure
    assert "BEGIN" not in failure
    assert host.run("grep", "-rl", "PRIVATE KEY", app.home).out == ""
