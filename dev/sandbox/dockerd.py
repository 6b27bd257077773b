"""A Docker engine in a namespace of its own: the deployer's, and each host's."""

import json
from collections.abc import Callable
from pathlib import Path

from dev.sandbox import docker_api, namespace
from dev.sandbox.commands import run, wait_until
from dev.sandbox.files import make_folder, tail, write_file
from dev.sandbox.layout import Layout
from dev.sandbox.namespace import ALL, Namespace

BOOT = Path(__file__).with_name("boot.sh")
# Where a part finds its own folder (boot.sh).
INSIDE = "/run/host"


def boot(layout: Layout, folder: Path, user: str, etc: dict[str, str], say: Callable[[str], None]) -> Namespace:
    """Make sure that the machine whose disk is `folder` runs, with the files `etc` (by path) in its own /etc.

    `user` is made inside, in the group docker; empty or root: none.
    """
    for name in ("root", "home", "tmp", "etc"):
        make_folder(layout, folder / name)
    (folder / "tmp").chmod(0o1777)
    for path, content in etc.items():
        write_file(layout, folder / "etc" / path, content)
    if running := namespace.find(folder, "/run/booted"):
        # Hosts may have been added since it booted.
        run([*running.enter(), "cp", "-R", "--remove-destination", f"{INSIDE}/etc/.", "/etc/"])
        return running
    say(f"{folder.name}: booting")
    kinds = [*ALL, "--mount-proc"]
    init = ["sh", str(BOOT), folder.name, str(folder), "" if user == "root" else user]
    return namespace.boot(folder, kinds, init, "/run/booted")


def up(layout: Layout, part: Namespace, socket: str, say: Callable[[str], None]) -> Path:
    """Make sure that the part's Docker engine answers at `socket` inside; returns the socket's path from here."""
    seen = part.root / socket.lstrip("/")
    if answers(part, seen):
        return seen
    name = part.folder.name
    say(f"{name}: starting Docker")
    # One that does not answer is in the way of the next. A dead one has left its pid file: there kill rightly fails.
    stop = "if test -e /run/docker.pid; then kill -9 $(cat /run/docker.pid) || :; rm /run/docker.pid; fi"
    run([*part.enter(), "sh", "-c", stop])
    settings = {
        "hosts": [f"unix://{socket}"],
        "data-root": f"{INSIDE}/docker",
        "exec-root": "/run/docker",
        "pidfile": "/run/docker.pid",
        "group": "docker",
        # A cgroup of our own, so that `down` can remove it; systemd's driver needs a systemd inside.
        "cgroup-parent": f"/{layout.name}/{name}",
        "exec-opts": ["native.cgroupdriver=cgroupfs"],
    }
    write_file(layout, part.folder / "daemon.json", json.dumps(settings, indent=2))
    log = part.folder / "dockerd.log"
    part.start(["dockerd", "--config-file", f"{INSIDE}/daemon.json"], log)
    wait_until(lambda: answers(part, seen), f"Docker of {name} to answer", 60, lambda: tail(log))
    return seen


def answers(part: Namespace, socket: Path) -> bool:
    """Whether the engine and its containerd, without which it answers but runs nothing, are there."""
    return docker_api.ping(socket) and docker_api.listens(part.root / "run/docker/containerd/containerd.sock")
