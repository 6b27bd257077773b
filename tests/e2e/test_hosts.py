"""Hosts and roles that come and go, secrets that change, and the end of it all."""

from collections.abc import Callable

from sandbox.inventory import Host
from tests.e2e.site import Site
from tests.e2e.stack import Stack

OnHost = Callable[[Host, str], str]
PEM = "-----BEGIN KEY-----\nabc=\n\n-----END KEY-----\n"


def left(stack: Stack, host: Host, on_host: OnHost) -> str:
    """What is left of the app on a host: containers, routes, folders."""
    return on_host(
        host,
        f"docker ps --all --format '{{{{.Names}}}}' --filter label=service={stack.service};"
        f" docker exec kamal-proxy kamal-proxy list | grep {stack.service} || :; ls .kamal/apps | grep {stack.service} || :",
    )


def test_a_host_that_leaves_is_cleaned_and_one_that_comes_gets_its_share(
    stack: Stack, site: Site, on_host: OnHost
) -> None:
    first, second = stack.hosts[:2]
    volume = f"{stack.service}-data"
    web = {"hosts": [first.address, second.address], "options": {"volume": f"{volume}:/data"}}
    stack.configure(servers={"web": web})
    stack.up()
    before = stack.outputs()["hosts"]
    stack.configure(servers={"web": {**web, "hosts": [first.address]}})
    stack.up()
    assert left(stack, second, on_host) == ""
    assert volume in on_host(second, "docker volume ls --quiet")
    stack.configure(servers={"web": web})
    preview = stack.preview()
    assert f"{second.address}-web-candidate create" in preview
    assert f"{first.address}-web-candidate" not in preview
    stack.up()
    after = stack.outputs()["hosts"]
    assert after[first.address]["web"]["container_id"] == before[first.address]["web"]["container_id"]
    assert site.status(second) == 200
    stack.destroy()
    for host in (first, second):
        assert left(stack, host, on_host) == ""
        assert volume in on_host(host, "docker volume ls --quiet")
        on_host(host, f"docker volume rm {volume}")


def test_a_changed_secret_arrives_byte_for_byte_and_is_nowhere_else(stack: Stack, on_host: OnHost) -> None:
    stack.configure(secrets={"KEY": "s3cr3t-one"}, env={"secret": ["KEY"]})
    stack.up()
    before = stack.outputs()
    value = f"s3cr3t-two\n{PEM}"
    stack.configure(secrets={"KEY": value})
    preview = stack.preview("--diff")
    assert "web-secrets" in preview
    output = stack.up()
    after = stack.outputs()
    assert after["version"] == before["version"]
    for host in stack.hosts:
        container = after["hosts"][host.address]["web"]["container"]
        assert on_host(host, f"docker exec {container} sh -c 'printf %s \"$KEY\"; echo .'") == f"{value}.\n"
        assert container != before["hosts"][host.address]["web"]["container"]
    for text in (preview, output, stack.state(), str(after)):
        assert "s3cr3t" not in text


def test_a_worker_runs_its_command_beside_the_web_role_and_groups_of_hosts_switch_in_turn(
    stack: Stack, site: Site, on_host: OnHost
) -> None:
    first, second = stack.hosts[:2]
    stack.configure(
        servers={
            "web": [first.address, second.address],
            "worker": {"hosts": [first.address], "cmd": "sh -c 'trap exit TERM; while :; do sleep 1 & wait; done'"},
        },
        readiness_delay="1",
        boot={"limit": 1, "wait": 1},
        release_task={"cmd": "sh -c 'echo migrating $KAMAL_VERSION'"},
    )
    output = stack.up()
    version = stack.git("rev-parse", "HEAD")
    assert f"migrating {version}" in output
    running = stack.outputs()["hosts"]
    assert set(running[first.address]) == {"web", "worker"}
    assert running[first.address]["worker"]["version"] == version
    assert output.index(f"{first.address}-web-switch created") < output.index(f"{second.address}-web-switch creating")
    stack.write("page.html", "<p>second</p>")
    version = stack.commit()
    output = stack.up()
    assert site.versions() == [version, version]
    workers = on_host(first, f"docker ps --format '{{{{.Names}}}}' --filter label=service={stack.service}").split()
    assert len(workers) == 2
    assert all(version in name for name in workers)
    # Only the environment changes: the release task is once a version.
    stack.configure(env={"clear": {"A": "1"}})
    assert "migrating" not in stack.up().replace("echo migrating", "")
