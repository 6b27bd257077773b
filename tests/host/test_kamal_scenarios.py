"""Scenarios of Kamal's own integration suite that no other test here has: docs/kamal-scenarios.md."""

from dataclasses import replace

from components.host_tool.result import Prepared
from tests.host.conftest import NUMBERS
from tests.host.docker_host import RUN, App, Host


def test_two_destinations_share_a_host_and_kamal_proxy_goes_with_the_last_one(host: Host, only_app: App) -> None:
    staging = App(host, f"s{next(NUMBERS)}")
    only_app.release("v1")
    staging.prepare().result(Prepared)
    staging.release("v2")
    assert host.get(only_app.web_host) == (200, "v1")
    assert host.get(staging.web_host) == (200, "v2")
    assert only_app.tear_down().status == 0
    assert host.get(only_app.web_host)[0] == 404
    assert host.get(staging.web_host) == (200, "v2")
    assert staging.tear_down().status == 0
    assert host.docker("ps", "--all", "--quiet") == ""


def test_kamal_proxy_stands_behind_another_proxy_without_a_port_of_the_host(host: Host, only_app: App) -> None:
    """Something else on the network `kamal` finds it by a label, and passes requests on."""
    options: dict[str, tuple[str, ...]] = {
        "label": ("traefik.enable=true",),
        "sysctl": ("net.ipv4.ip_unprivileged_port_start=80",),
    }
    only_app.prepare(replace(RUN, publish=False, options=options)).result(Prepared)
    only_app.release("v1")
    assert host.docker("port", "kamal-proxy") == ""
    found = host.docker("ps", "--filter", "label=traefik.enable=true", "--format", "{{.Names}}")
    assert found == "kamal-proxy"
    request = ("wget", "-q", "-O", "-", "--header", f"Host: {only_app.web_host}", f"http://{found}/version")
    assert host.docker("run", "--rm", "--network", "kamal", host.images["v1"], *request) == "v1"
