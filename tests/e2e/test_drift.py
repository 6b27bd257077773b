"""What happens to a host between two deploys is seen in the preview, and put right by the next `pulumi up`."""

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from dev.sandbox import Sandbox
from dev.sandbox.inventory import Host
from tests.e2e.footprint import OnHost
from tests.e2e.load import Load
from tests.e2e.site import Site
from tests.e2e.stack import Stack

RUNNING = "$(docker ps --quiet --filter label=service={service} --filter label=role={role})"
STOPPED = r"container [0-9a-f]{8} of web is not running \(exited since .+\)"

LOST_OF_AN_APP = [
    # Both at once: each role has reasons of its own.
    (
        f"docker rm --force {RUNNING} {RUNNING.replace('{role}', '{other}')}",
        [r"container [0-9a-f]{8} of web is gone", r"container [0-9a-f]{8} of worker is gone"],
    ),
    # A second time it is another container's end, and a third time another time.
    (f"docker stop {RUNNING}", [STOPPED]),
    (f"docker stop {RUNNING}", [STOPPED]),
    (
        "docker exec kamal-proxy kamal-proxy remove {service}-web-test",
        [r"kamal-proxy does not route to container [0-9a-f]{8} of web"],
    ),
    (
        "docker exec kamal-proxy kamal-proxy deploy {service}-web-test --host by-hand.test --target "
        + RUNNING
        + ":8080",
        [r"kamal-proxy routes requests for by-hand\.test to container [0-9a-f]{8} of web"],
    ),
    # What a candidate is whose deployer died: a running container of another release that nothing routes to.
    (
        "docker run --detach --network kamal --label service={service} --label role=web --label destination=test"
        " --label version=v2 --label release=0123 $(docker inspect --format '{{{{.Config.Image}}}}' " + RUNNING + ")",
        [r"container [0-9a-f]{8} of version v2 of web runs beside the current one"],
    ),
    ("rm -rf .kamal/apps/{service}-test", ["this app is not known on the host any more"]),
]
"""How something of an app is lost on a host, and what is said of it."""

LOST_OF_A_HOST = [
    (
        "docker rm --force kamal-proxy; docker volume rm kamal-proxy-config",
        [r"kamal-proxy \(container [0-9a-f]{8}\) is gone"],
    ),
    ("docker stop kamal-proxy", [r"kamal-proxy \(container [0-9a-f]{8}\) is not running \(exited since .+\)"]),
    (
        "docker stop $(docker ps --quiet); docker system prune --all --force --volumes",
        [r"container [0-9a-f]{8} of web is gone", r"container [0-9a-f]{8} of worker is gone"],
    ),
    (
        "docker rm --force --volumes $(docker ps --all --quiet); docker system prune --all --force --volumes; rm -rf .kamal",
        ["this app is not known on the host any more"],
    ),
]
"""How something of a whole host is lost: kamal-proxy with its volume and all routes, …, the machine."""


@pytest.fixture
def deployed(stack: Stack) -> Stack:
    """A stack with a web role on both hosts and a worker on the second."""
    stack.with_worker(readiness_delay="0")
    stack.up()
    return stack


def check(stack: Stack, host: Host, sentences: Sequence[str], on_host: OnHost) -> None:
    """Check what the preview says of a loss, what `up` does about it, and that the next `up` rests."""
    preview = stack.preview()
    for sentence in sentences:
        assert re.search(f"{host.address}: {sentence}", preview), preview
    for other in stack.hosts:
        if other is not host:
            assert not re.search(rf"{other.address}\S*-(prepare|candidate|switch) ", preview), preview
    stack.up()
    assert [Site(stack).status(each) for each in stack.hosts] == [200] * len(stack.hosts)
    assert on_host(host, f"docker ps --quiet --filter label=service={stack.service}").count("\n") == 2
    stack.up("--expect-no-changes")


def test_what_an_app_has_lost_is_seen_and_put_right(deployed: Stack, on_host: OnHost) -> None:
    before, host = deployed.outputs(), deployed.hosts[1]
    for script, sentences in LOST_OF_AN_APP:
        on_host(host, script.format(service=deployed.service, role="web", other="worker"))
        check(deployed, host, sentences, on_host)
    after, untouched = deployed.outputs(), deployed.hosts[0].address
    assert after["version"] == before["version"]
    assert after["hosts"][untouched] == before["hosts"][untouched]


@pytest.mark.alone
def test_what_a_host_has_lost_is_seen_and_put_right(deployed: Stack, on_host: OnHost, sandbox: Sandbox) -> None:
    host = deployed.hosts[1]
    for script, sentences in LOST_OF_A_HOST:
        on_host(host, script)
        # The hosts have no other place to get kamal-proxy's image from.
        sandbox.up()
        check(deployed, host, sentences, on_host)


def test_nothing_that_is_replaced_is_taken_down(
    deployed: Stack, environment: dict[str, str], tmp_path: Path, on_host: OnHost
) -> None:
    """`--replace` of everything, of one host, and of a teardown alone; then destroy takes all down."""
    teardown = re.search(r'"(urn:[^"]+-web-teardown-[^"]+)"', deployed.state())
    assert teardown
    with Load(deployed, tmp_path, environment) as load:
        deployed.up("--replace", "**")
        deployed.up("--replace", f"**{deployed.hosts[1].address}**")
        deployed.up("--replace", teardown[1])
    assert load.failed() == []
    deployed.up("--expect-no-changes")
    deployed.destroy()
    for host in deployed.hosts:
        assert not on_host(host, f"docker ps --all --quiet --filter label=service={deployed.service}")


def test_a_switch_that_the_state_does_not_know_of_is_found(stack: Stack, site: Site, tmp_path: Path) -> None:
    """v1, then v2 whose deployer died after the switch: its state is the one of before, as that of an older backup."""
    first = stack.commit()
    stack.up()
    (tmp_path / "backup.json").write_text(stack.state())
    second = stack.commit()
    stack.up()
    stack.pulumi("stack", "import", "--file", str(tmp_path / "backup.json"))
    stack.git("checkout", "--quiet", first)
    assert f"web runs version {second}" in stack.preview()
    stack.up()
    assert site.versions() == [first] * len(stack.hosts)
    assert stack.outputs()["version"] == first
    stack.up("--expect-no-changes")
