"""What happens to a host between two deploys is seen in the preview, and put right by the next `pulumi up`."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from dev.sandbox import Sandbox
from tests.e2e.footprint import OnHost
from tests.e2e.load import Load
from tests.e2e.site import Site
from tests.e2e.stack import Stack

RUNNING = "$(docker ps --quiet --filter label=service={service} --filter label=role={role})"
STOPPED = r"container [0-9a-f]{8} of web is not running \(exited since .+\)"


@dataclass(frozen=True)
class Loss:
    """How something is lost on a host, and what is said of it."""

    script: str
    sentences: Sequence[str]


STOP_WEB = Loss(f"docker stop {RUNNING}", [STOPPED])

# What a candidate is whose deployer died: a running container of another release that nothing routes to.
STRAY_WORKER = (
    "docker run --detach --network kamal --label service={service} --label role=worker --label destination=test"
    " --label version=v2 --label release=0123"
    " $(docker inspect --format '{{{{.Config.Image}}}}' " + RUNNING + ")"
)

# Losses of an app, in turn; in each turn those of the first host and those of the second. Each role has a reason of its own.
LOST_OF_AN_APP: list[tuple[Loss, Loss]] = [
    (
        Loss("rm -rf .kamal/apps/{service}-test", ["this app is not known on the host any more"]),
        Loss(
            f"docker rm --force {RUNNING} {RUNNING.replace('{role}', 'worker')}",
            [r"container [0-9a-f]{8} of web is gone", r"container [0-9a-f]{8} of worker is gone"],
        ),
    ),
    (
        Loss(
            "docker exec kamal-proxy kamal-proxy deploy {service}-web-test --host by-hand.test --target "
            f"{RUNNING}:8080",
            [r"kamal-proxy routes requests for by-hand\.test to container [0-9a-f]{8} of web"],
        ),
        Loss(
            f"{STRAY_WORKER}; {STOP_WEB.script}",
            [r"container [0-9a-f]{8} of version v2 of worker runs beside the current one", *STOP_WEB.sentences],
        ),
    ),
    (
        Loss(
            "docker exec kamal-proxy kamal-proxy remove {service}-web-test",
            [r"kamal-proxy does not route to container [0-9a-f]{8} of web"],
        ),
        # A second stop is another one: it was at another time.
        STOP_WEB,
    ),
]

# Losses of whole hosts, in turn: kamal-proxy with its volume and all routes, …, the machine.
LOST_OF_A_HOST: list[tuple[Loss | None, Loss]] = [
    (
        Loss(
            "docker stop kamal-proxy",
            [r"kamal-proxy \(container [0-9a-f]{8}\) is not running \(exited since .+\)"],
        ),
        Loss(
            "docker rm --force kamal-proxy; docker volume rm kamal-proxy-config",
            [r"kamal-proxy \(container [0-9a-f]{8}\) is gone"],
        ),
    ),
    (
        None,
        Loss(
            "docker stop $(docker ps --quiet); docker system prune --all --force --volumes",
            [r"container [0-9a-f]{8} of web is gone", r"container [0-9a-f]{8} of worker is gone"],
        ),
    ),
    (
        None,
        Loss(
            "docker rm --force --volumes $(docker ps --all --quiet); docker system prune --all --force --volumes;"
            " rm -rf .kamal",
            ["this app is not known on the host any more"],
        ),
    ),
]


@pytest.fixture
def deployed(stack: Stack) -> Stack:
    """A stack with a web role on both hosts and a worker on the second."""
    stack.with_worker(readiness_delay="0")
    stack.up()
    return stack


def lose(stack: Stack, losses: Sequence[Loss | None], on_host: OnHost) -> None:
    """Have each host lose something."""
    for host, loss in zip(stack.hosts, losses, strict=True):
        if loss:
            on_host(host, loss.script.format(service=stack.service, role="web"))


def check(stack: Stack, losses: Sequence[Loss | None], on_host: OnHost) -> None:
    """Check what the preview says of the losses, what `up` does about them, and that the next `up` rests."""
    preview = stack.preview()
    for host, loss in zip(stack.hosts, losses, strict=True):
        for sentence in loss.sentences if loss else ():
            assert re.search(f"{host.address}: {sentence}", preview), preview
        if not loss:
            assert not re.search(rf"{host.address}\S*-(prepare|candidate|switch) ", preview), preview
    stack.up()
    assert [Site(stack).status(each) for each in stack.hosts] == [200] * len(stack.hosts)
    running = [on_host(host, f"docker ps --quiet --filter label=service={stack.service}") for host in stack.hosts]
    assert [ids.count("\n") for ids in running] == [1, 2]
    stack.up("--expect-no-changes")


@pytest.mark.long
def test_what_an_app_has_lost_is_seen_and_put_right(deployed: Stack, on_host: OnHost) -> None:
    version, first = deployed.outputs()["version"], deployed.hosts[0].address
    containers = []
    for losses in LOST_OF_AN_APP:
        lose(deployed, losses, on_host)
        check(deployed, losses, on_host)
        after = deployed.outputs()
        assert after["version"] == version
        containers.append(after["hosts"][first]["web"]["container_id"])
    # A lost route is no reason to touch the app's own container.
    assert containers == [containers[0]] * len(LOST_OF_AN_APP)


@pytest.mark.alone
def test_what_a_host_has_lost_is_seen_and_put_right(deployed: Stack, on_host: OnHost, sandbox: Sandbox) -> None:
    for losses in LOST_OF_A_HOST:
        lose(deployed, losses, on_host)
        # The hosts have no other place to get kamal-proxy's image from.
        sandbox.up()
        check(deployed, losses, on_host)


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


@pytest.mark.one_host
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
