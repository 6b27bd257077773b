"""The Docker engine of a machine."""

import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dev.sandbox import docker
from dev.sandbox.commands import run, wait_until
from dev.sandbox.files import tail, write_file
from dev.sandbox.machine import DISK
from dev.sandbox.namespaces import Namespace
from dev.sandbox.paths import Paths

# An engine that does not answer would be in the next one's way. One that is dead has left its pid file behind, and then
# kill fails.
STOP = "if test -e /run/docker.pid; then kill -9 $(cat /run/docker.pid) || :; rm /run/docker.pid; fi"


# A capability that a computer may lack which is a container itself, by its number.
SYS_RESOURCE = ("CAP_SYS_RESOURCE", 24)

# A privileged container asks for all capabilities, and runc refuses to start one without them.
RUNTIME = f"""\
#!/bin/sh
# runc, without a capability that this computer lacks. It is called with the words of runc.
for word; do
    case $before in
        --bundle) sed -i -e 's/"{SYS_RESOURCE[0]}",//g' -e 's/,"{SYS_RESOURCE[0]}"//g' "$word/config.json" ;;
        --process) sed -i -e 's/"{SYS_RESOURCE[0]}",//g' -e 's/,"{SYS_RESOURCE[0]}"//g' "$word" ;;
    esac
    before=$word
done
exec runc "$@"
"""


def up(
    paths: Paths, machine: Namespace, socket_inside: str, say: Callable[[str], None], *, privileged: bool = False
) -> Path:
    """Start the machine's Docker engine unless it answers.

    Args:
        paths: The sandbox's paths.
        machine: The running machine.
        socket_inside: Where the engine shall listen, as a path inside the machine.
        say: Prints a line.
        privileged: Whether privileged containers shall start also where this computer lacks a capability.

    Returns:
        The socket as this computer can reach it.
    """
    name, engine = machine.folder.name, machine.root / socket_inside.lstrip("/")
    if answers(machine, engine):
        return engine
    say(f"{name}: starting Docker")
    run([*machine.enter(), "sh", "-c", STOP])
    settings: dict[str, Any] = {
        "hosts": [f"unix://{socket_inside}"],
        "data-root": f"{DISK}/docker",
        "exec-root": "/run/docker",
        "pidfile": "/run/docker.pid",
        "group": "docker",
        # A cgroup of its own, which `down` can remove. The systemd driver would need a systemd inside.
        "cgroup-parent": f"/{paths.name}/{name}",
        "exec-opts": ["native.cgroupdriver=cgroupfs"],
    }
    if privileged and not has_capability(SYS_RESOURCE[1]):
        write_file(paths, machine.folder / "runtime", RUNTIME, 0o755)
        settings |= {"runtimes": {"here": {"path": f"{DISK}/runtime"}}, "default-runtime": "here"}
    write_file(paths, machine.folder / "daemon.json", json.dumps(settings, indent=2))
    log = machine.folder / "dockerd.log"
    machine.start(["dockerd", "--config-file", f"{DISK}/daemon.json"], log)
    wait_until(lambda: answers(machine, engine), f"Docker of {name} to answer", 60, lambda: tail(log))
    return engine


def has_capability(number: int) -> bool:
    """Return whether a process of this computer can have a capability."""
    status = Path("/proc/self/status").read_text()
    return bool(int(status.partition("CapBnd:")[2].split()[0], 16) >> number & 1)


def answers(machine: Namespace, engine: Path) -> bool:
    """Return whether both the engine and its containerd answer: without containerd it answers, but runs nothing."""
    return docker.answers(engine) and listens(machine.root / "run/docker/containerd/containerd.sock")


def listens(path: Path) -> bool:
    """Return whether something accepts connections at the Unix socket `path`."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(5)
        try:
            connection.connect(str(path))
        except OSError:
            return False
        return True
