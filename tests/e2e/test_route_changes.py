"""Which requests go to which role, and to which port, changes without a failed request."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.footprint import OnHost
from tests.e2e.load import Load
from tests.e2e.site import Site
from tests.e2e.stack import Stack


def roles(stack: Stack, admin: Any) -> dict[str, Any]:
    """The role web on every host, and a role admin beside it: `admin` is its proxy."""
    everywhere = [host.address for host in stack.hosts]
    return {"web": everywhere, "admin": {"hosts": everywhere, "proxy": admin}}


def answering(stack: Stack, name: str) -> set[str]:
    """The role that answers requests for a host name, as the name of its container says; "" where none does."""
    site = Site(stack)
    return {
        json.loads(site.text(host, "/version", name))["container"].split("-")[2]
        if site.status(host, name=name) == 200
        else ""
        for host in stack.hosts
    }


@pytest.mark.one_host
def test_port_host_names_path_and_another_roles_proxy_change_without_a_failed_request(
    stack: Stack, site: Site, environment: dict[str, str], tmp_path: Path
) -> None:
    """The load asks for what is configured all the time: the host name b, and a path that is below the prefix."""
    a, b, c, admin = (f"{letter}.{stack.name}" for letter in ("a", "b", "c", "admin"))
    # The same answer, whether kamal-proxy strips the prefix or there is none.
    serve = (
        (stack.app / "serve.sh")
        .read_text()
        .replace('"$site/version"', '"$site/version"\nmkdir "$site/app" && cp "$site/version" "$site/app"')
    )
    stack.write("serve.sh", serve)
    stack.commit()
    stack.configure(servers=roles(stack, {"host": admin}), proxy={"app_port": 8080, "hosts": [a, b]})
    stack.up()
    assert answering(stack, admin) == {"admin"}

    with Load(stack, tmp_path, environment, names=[b], paths=["/app/version"]) as load:
        stack.configure(servers=roles(stack, False))
        stack.up()
        assert answering(stack, admin) == {""}
        stack.configure(servers=roles(stack, {"host": admin}))
        stack.up()
        assert answering(stack, admin) == {"admin"}

        stack.write("serve.sh", serve.replace("-p 8080", "-p 9090"))
        version = stack.commit()
        stack.configure(proxy={"app_port": 9090, "hosts": [a, b]})
        stack.up()
        assert (answering(stack, a), answering(stack, c)) == ({"web"}, {""})

        stack.configure(proxy={"app_port": 9090, "hosts": [b, c]})
        stack.up()
        assert (answering(stack, a), answering(stack, c)) == ({""}, {"web"})

        stack.configure(proxy={"app_port": 9090, "hosts": [b, c], "path_prefix": "/app"})
        stack.up()
        assert {site.status(host, "/version", b) for host in stack.hosts} == {404}
        stack.configure(proxy={"app_port": 9090, "hosts": [b, c]})
        stack.up()
        assert {site.status(host, "/version", b) for host in stack.hosts} == {200}
    assert load.failed() == []
    assert not load.late_old_answers(version)
    stack.up("--expect-no-changes")


@pytest.mark.one_host
def test_two_roles_exchange_their_host_names_without_a_failed_request(
    stack: Stack, environment: dict[str, str], tmp_path: Path, on_host: OnHost
) -> None:
    a, b, c = (f"{letter}.{stack.name}" for letter in "abc")

    def names(web: str, admin: str) -> dict[str, Any]:
        return {"servers": roles(stack, {"host": admin}), "proxy": {"app_port": 8080, "host": web}}

    stack.configure(**names(a, b))
    stack.up()
    with Load(stack, tmp_path, environment, names=[a, b]) as load:
        stack.configure(**names(b, a))
        stack.up()
        assert (answering(stack, a), answering(stack, b)) == ({"admin"}, {"web"})
        stack.up("--expect-no-changes")
        # With new containers as well.
        stack.configure(**names(a, b))
        version = stack.commit()
        stack.up()
        assert (answering(stack, a), answering(stack, b)) == ({"web"}, {"admin"})
        stack.up("--expect-no-changes")
        assert Site(stack).text(stack.hosts[0], "/version", b).count(version)
    assert load.failed() == []

    stack.configure(**names(b, c))
    refused = stack.preview_fails()
    assert (
        f"requests for {b} go to role admin, and are to go to role web from now on. That takes two deploys" in refused
    )
    with Load(stack, tmp_path, environment, names=[b]) as load:
        for wanted in (names(b, a), names(b, c)):
            stack.configure(**wanted)
            stack.up()
    assert load.failed() == []
    assert [answering(stack, name) for name in (a, b, c)] == [{""}, {"web"}, {"admin"}]
    stack.destroy()
    for host in stack.hosts:
        assert on_host(host, f"docker exec kamal-proxy kamal-proxy list | grep {stack.service} || :") == ""
