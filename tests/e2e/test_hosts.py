"""Hosts and roles that come and go, secrets that change, and the end of it all."""

import base64
import json
import shlex
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from dev.sandbox.inventory import Host
from tests.e2e.footprint import OnHost, footprints
from tests.e2e.site import Site
from tests.e2e.stack import WORK, Stack

PEM = "-----BEGIN KEY-----\nabc=\n\n-----END KEY-----\n"


@contextmanager
def neighbour(stack: Stack, host: Host, on_host: OnHost) -> Iterator[str]:
    """Another app on the host, which is none of ours; gives the name under which it answers."""
    name = f"neighbour-{stack.service[3:]}"
    image = stack.outputs()["image"]
    on_host(
        host,
        f"docker run --detach --name {name} --network kamal --env KAMAL_VERSION=theirs {image} >/dev/null &&"
        f" docker exec kamal-proxy kamal-proxy deploy {name} --target {name}:8080 --host {name}.test",
    )
    try:
        yield f"{name}.test"
    finally:
        on_host(host, f"docker exec kamal-proxy kamal-proxy remove {name}; docker rm --force {name}")


class ProcessList:
    """`with ProcessList() as seen: …`, then `seen.words`: the arguments of all processes on this machine and its hosts."""

    def __enter__(self) -> "ProcessList":
        self.words: set[bytes] = set()
        self._over = threading.Event()
        self._watcher = threading.Thread(target=self._watch)
        self._watcher.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._watcher.join(10)

    def _watch(self) -> None:
        while not self._over.wait(0.02):
            for process in Path("/proc").glob("[0-9]*"):
                with suppress(OSError):  # it has ended
                    self.words.add((process / "cmdline").read_bytes())


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
    assert footprints(stack, on_host)[1] == ""
    assert volume in on_host(second, "docker volume ls --quiet")
    stack.configure(servers={"web": web})
    preview = stack.preview()
    assert f"{second.address}-web-candidate create" in preview
    assert f"{first.address}-web-candidate" not in preview
    stack.up()
    after = stack.outputs()["hosts"]
    assert after[first.address]["web"]["container_id"] == before[first.address]["web"]["container_id"]
    assert site.status(second) == 200
    with neighbour(stack, second, on_host) as name:
        stack.destroy()
        assert '"theirs"' in site.text(second, "/version", name)
    assert not any(footprints(stack, on_host))
    for host in (first, second):
        assert volume in on_host(host, "docker volume ls --quiet")
        on_host(host, f"docker volume rm {volume}")


def test_a_changed_secret_arrives_byte_for_byte_and_is_nowhere_else(stack: Stack, on_host: OnHost) -> None:
    stack.configure(secrets={"KEY": "s3cr3t-one"}, env={"secret": ["KEY"]})
    stack.up()
    before = stack.outputs()
    value = f"s3cr3t-two\n{PEM}"
    traces = ("s3cr3t", base64.b64encode(value.encode()).decode()[:40])
    stack.configure(secrets={"KEY": value})
    preview = stack.preview("--diff")
    assert "web-secrets" in preview
    with ProcessList() as seen:
        output = stack.up()
    assert any(b"docker\0run" in words for words in seen.words)  # it saw what matters
    assert not [words for words in seen.words if any(trace.encode() in words for trace in traces)]
    after = stack.outputs()
    assert after["version"] == before["version"]
    for host in stack.hosts:
        container = after["hosts"][host.address]["web"]["container"]
        assert on_host(host, f"docker exec {container} sh -c 'printf %s \"$KEY\"; echo .'") == f"{value}.\n"
        assert container != before["hosts"][host.address]["web"]["container"]
        # The environment of the role's own containers is the one place where it is to be.
        others = (
            f"docker inspect $(docker ps --all --quiet --no-trunc | grep -vxF"
            f' "$(docker ps --all --quiet --no-trunc --filter label=service={stack.service})") $(docker images --quiet)'
            " || :"  # containers of tests beside this one come and go
        )
        found = on_host(host, others)
        found += on_host(
            host,
            f"find .kamal/apps/*{stack.service}* -type f ! -path '*/secrets/*' ! -path '*/bin/*' ! -name '*.key'"
            " -exec cat {} +",
        )
        assert not [trace for trace in traces if trace in found]
    for text in (preview, output, stack.state(), str(after)):
        assert not [trace for trace in traces if trace in text]


def test_a_worker_runs_its_command_beside_the_web_role_and_groups_of_hosts_switch_in_turn(
    stack: Stack, site: Site, on_host: OnHost
) -> None:
    first, second = stack.hosts[:2]
    stack.configure(
        servers={
            "web": [first.address, second.address],
            "worker": {"hosts": [first.address], "cmd": WORK},
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
    worker = running[first.address]["worker"]["container"]
    assert json.loads(on_host(first, f"docker inspect --format '{{{{json .Config.Cmd}}}}' {worker}")) == shlex.split(
        WORK
    )
    assert output.index(f"{first.address}-web-switch created") < output.index(f"{second.address}-web-switch creating")
    stack.write("page.html", "<p>second</p>")
    version = stack.commit()
    output = stack.up()
    assert site.versions() == [version, version]
    workers = on_host(first, f"docker ps --format '{{{{.Names}}}}' --filter label=service={stack.service}").split()
    assert len(workers) == 2
    assert all(version in name for name in workers)
    # The version stays: the release task is once a version. A role that leaves is taken down.
    stack.configure(servers={"web": [first.address, second.address]})
    stack.configure(env={"clear": {"A": "1"}})
    assert "migrating" not in stack.up().replace("echo migrating", "")
    names = on_host(first, f"docker ps --all --format '{{{{.Names}}}}' --filter label=service={stack.service}")
    assert "worker" not in names
    assert len(site.versions()) == 2
