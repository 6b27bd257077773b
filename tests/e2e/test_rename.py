"""What is called otherwise from now on hands over without a failed request, and leaves nothing behind."""

from pathlib import Path
from typing import Any

import pytest

from tests.e2e.footprint import OnHost
from tests.e2e.load import Load
from tests.e2e.site import Site
from tests.e2e.stack import WORK, Stack


def containers(stack: Stack, on_host: OnHost) -> list[set[str]]:
    """Host by host, the service, role and destination of the app's running containers, whatever it is called now."""
    labels = '{{.Label "service"}}/{{.Label "role"}}/{{.Label "destination"}}'
    listed = [on_host(host, f"docker ps --format '{labels}' | grep '^{stack.service}' || :") for host in stack.hosts]
    return [set(text.split()) for text in listed]


@pytest.mark.long
@pytest.mark.one_host
def test_names_change_without_a_failed_request_and_nothing_stays_behind(
    stack: Stack, environment: dict[str, str], tmp_path: Path, on_host: OnHost
) -> None:
    hosts, service = [host.address for host in stack.hosts], stack.service

    def roles(web: str, worker: str) -> dict[str, Any]:
        return {web: hosts, worker: {"hosts": hosts, "cmd": WORK}}

    stack.configure(servers=roles("web", "worker"), readiness_delay="0")
    stack.up()
    changes: list[tuple[str, dict[str, Any]]] = [
        (f"{service}-b/web/test {service}-b/worker/test", {"service": f"{service}-b"}),
        (f"{service}-b/web/eu {service}-b/worker/eu", {"destination": "eu"}),
        (f"{service}-b/app/eu {service}-b/jobs/eu", {"servers": roles("app", "jobs"), "primary_role": "app"}),
    ]
    with Load(stack, tmp_path, environment) as load:
        for expected, settings in changes:
            stack.configure(**settings)
            stack.up()
            web, worker = expected.split()
            assert containers(stack, on_host) == [{web, worker}]
        # Its destination is the stack's name.
        stack.configure(destination=None)
        stack.rename("renamed")
        stack.up()
        web, worker = f"{service}-b/app/renamed", f"{service}-b/jobs/renamed"
        assert containers(stack, on_host) == [{web, worker}]
    assert load.failed() == []
    stack.up("--expect-no-changes")
    for host in stack.hosts:
        assert on_host(host, f"ls .kamal/apps | grep '^{service}'").split() == [f"{service}-b-renamed"]
        assert on_host(host, f"docker exec kamal-proxy kamal-proxy list | grep -c {service}") == "1\n"
    stack.destroy()
    assert containers(stack, on_host) == [set()]
    assert on_host(stack.hosts[0], f"docker exec kamal-proxy kamal-proxy list | grep -c {service} || :") in ("0\n", "")


@pytest.mark.long
def test_a_host_that_is_spelled_otherwise_and_another_primary_host_take_nothing_down(
    stack: Stack, environment: dict[str, str], tmp_path: Path, on_host: OnHost
) -> None:
    """An IPv4 address and the same address as IPv6 writes it lead to one machine, as an address and a name do."""
    first, second = stack.hosts[:2]
    mapped = f"::ffff:{first.address}"
    users = {first.address: first.user, second.address: second.user, mapped: first.user}
    keys = {first.address: first.host_key, second.address: second.host_key, mapped: first.host_key}
    stack.hook("post-deploy", f"#!/bin/sh\necho $KAMAL_HOSTS >>/tmp/{stack.service}-hosts\n")
    stack.configure(release_task={"cmd": "sh -c 'echo migrated >&2'"})
    stack.up()

    def spelled(*hosts: str) -> dict[str, Any]:
        return {
            "servers": list(hosts),
            "ssh": {
                "users": {host: users[host] for host in hosts},
                "host_keys": {host: keys[host] for host in hosts},
            },
        }

    with Load(stack, tmp_path, environment) as load:
        for hosts in (
            (mapped, second.address),
            (first.address, second.address),
            (second.address, first.address),
        ):
            stack.configure(**spelled(*hosts))
            output = stack.up()
            assert "migrated" not in output
            assert list(stack.outputs()["hosts"]) == sorted(hosts)
            stack.up("--expect-no-changes")
    assert load.failed() == []
    assert Site(stack).versions() == [stack.outputs()["version"]] * 2
    assert on_host(second, f"tail -1 /tmp/{stack.service}-hosts") == f"{second.address},{first.address}\n"
    on_host(first, f"rm -f /tmp/{stack.service}-hosts")
    on_host(second, f"rm -f /tmp/{stack.service}-hosts")
