"""The sandbox starts, is repaired, and leaves nothing behind."""

import shutil
import subprocess
import time
from pathlib import Path

import pytest

from dev.lock import exclusive_lock
from dev.sandbox import Sandbox, images, processes
from dev.sandbox.errors import SandboxError


def traces(sandbox: Sandbox) -> list[str]:
    """What can be seen of the sandbox on this computer: interface, mounts, processes, control groups, files."""
    found = [str(pid) for pid in processes.belonging_to(sandbox.paths.data)]
    for listing in (["ip", "link"], ["ip", "netns"], ["iptables", "-S"]):
        if shutil.which(listing[0]):
            output = subprocess.run(listing, capture_output=True, text=True, timeout=10).stdout
            found += [line for line in output.splitlines() if sandbox.paths.name in line]
    found += [line for line in Path("/proc/mounts").read_text().splitlines() if str(sandbox.paths.data) in line]
    # Version 1 of control groups has a hierarchy for each controller, version 2 only one.
    for pattern in (sandbox.paths.name, f"*/{sandbox.paths.name}"):
        found += [str(path) for path in Path("/sys/fs/cgroup").glob(pattern)]
    return found + [str(path) for path in (sandbox.paths.data,) if path.exists()]


def on_web1(sandbox: Sandbox, script: str) -> str:
    """Run a script on the host web1 over SSH and return its output."""
    done = subprocess.run([*sandbox.ssh("web1"), script], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_it_starts_in_time_again_at_once_and_leaves_nothing_behind(sandbox: Sandbox) -> None:
    started = time.monotonic()
    first = sandbox.up(3)
    assert time.monotonic() - started < 20
    assert [host.user for host in first.hosts] == ["deploy", "root", "deploy"]
    assert all(service.up for service in sandbox.status())
    assert traces(sandbox)
    assert sandbox.up() == first
    assert [host.name for host in sandbox.up(1).hosts] == ["web1"]
    sandbox.down()
    assert traces(sandbox) == []
    sandbox.down()


def test_a_host_runs_kamal_proxy_without_a_download_and_its_containers_leave_nothing_behind(sandbox: Sandbox) -> None:
    sandbox.up(1)
    volume = "/home/kamal-proxy/.config/kamal-proxy"
    on_web1(sandbox, f"docker run --detach --name kamal-proxy --volume proxy:{volume} {images.KAMAL_PROXY}")
    on_web1(sandbox, "docker exec kamal-proxy kamal-proxy list")
    # Otherwise kamal-proxy cannot save its routes.
    volume_owner = "stat --format %u $(docker volume inspect --format {{.Mountpoint}} proxy)"
    done = sandbox.run("web1", ["sh", "-c", volume_owner], user="root")
    assert done.stdout == b"1000\n"
    assert any("cgroup" in trace for trace in traces(sandbox))
    sandbox.down()
    assert traces(sandbox) == []


def test_an_image_built_on_the_base_image_can_be_pushed_and_pulled(sandbox: Sandbox) -> None:
    inventory = sandbox.up(1)
    registry = inventory.registry
    login = f"docker login --username {registry.username} --password-stdin {registry.server}"
    image = f"{registry.server}/app:1"
    dockerfile = f"FROM {inventory.base_image}\nRUN echo works >/result\nCMD cat /result\n"
    password = Path(registry.password_file).read_text()
    environment = {**sandbox.environment(), "DOCKER_CONFIG": str(sandbox.paths.data / "docker"), "DOCKER_BUILDKIT": "0"}

    def run(words: list[str], stdin: str = "") -> str:
        done = subprocess.run(words, input=stdin, env=environment, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout

    run(login.split(), password)
    run(["docker", "build", "--tag", image, "-"], dockerfile)
    run(["docker", "push", image])
    run([*sandbox.ssh("web1"), login], password)
    assert run([*sandbox.ssh("web1"), f"docker run --rm {image}"]) == "works\n"


def test_what_dies_is_started_again(sandbox: Sandbox) -> None:
    sandbox.up(1)
    pids = processes.belonging_to(sandbox.paths.hosts / "web1")
    processes.kill([pid for pid in pids if not processes.is_first(pid)])
    assert not all(service.up for service in sandbox.status())
    sandbox.up()
    assert all(service.up for service in sandbox.status())
    # As after a power cut: everything dies at once, and `down` follows.
    processes.kill(processes.belonging_to(sandbox.paths.data))
    sandbox.down()
    assert traces(sandbox) == []


def test_an_engine_that_has_lost_its_containerd_is_started_again(sandbox: Sandbox) -> None:
    sandbox.up(1)
    pids = processes.belonging_to(sandbox.paths.hosts / "web1")
    processes.kill([pid for pid in pids if b"containerd\0--config" in Path(f"/proc/{pid}/cmdline").read_bytes()])
    sandbox.up()
    assert "kamal-proxy" in on_web1(sandbox, f"docker run --rm {images.KAMAL_PROXY} kamal-proxy --help")


@pytest.mark.parametrize("number", [0, 9])
def test_a_wrong_number_of_hosts_is_refused(sandbox: Sandbox, number: int) -> None:
    with pytest.raises(SandboxError, match=f"A sandbox has 1 to 8 hosts, not {number}"):
        sandbox.up(number)


def test_a_second_run_waits_for_the_first(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dev.sandbox.sandbox.LOCK_LIMIT", 0.1)
    with (
        exclusive_lock(sandbox.paths.lock, waiting_for="nobody", limit=1, say=print),
        pytest.raises(TimeoutError, match="another `up` or `down` of this sandbox"),
    ):
        sandbox.up(1)
