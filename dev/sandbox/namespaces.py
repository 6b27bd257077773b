"""Linux namespaces: processes with a network, pids and, for a machine, a file system of their own."""

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dev.sandbox import processes
from dev.sandbox.commands import run, wait_until
from dev.sandbox.errors import SandboxError
from dev.sandbox.files import tail

# The first process of a pid namespace adopts orphans. A shell that waits for a child of its own reaps them as well.
IDLE = ["sh", "-c", "while :; do sleep 86400; done"]

# All kinds of namespaces that are used here, as options of unshare and nsenter.
ALL = ("--net", "--mount", "--pid", "--uts", "--ipc")


@dataclass(frozen=True)
class Namespace:
    """The namespaces of one first process. They end, with all processes inside, when it does.

    Attributes:
        folder: The folder with their files. Their processes are found by it.
        pid: The first process's pid on this computer.
    """

    folder: Path
    pid: int

    @property
    def root(self) -> Path:
        """The root of the file system inside, as this computer can reach it."""
        return Path(f"/proc/{self.pid}/root")

    def has_interface(self, name: str) -> bool:
        """Return whether there is a network interface `name` inside."""
        lines = Path(f"/proc/{self.pid}/net/dev").read_text().splitlines()
        return any(line.strip().startswith(f"{name}:") for line in lines)

    def ip(self, commands: str) -> None:
        """Run `ip` commands, one a line, in the network inside."""
        run(["nsenter", f"--net=/proc/{self.pid}/ns/net", "ip", "-batch", "-"], stdin=commands)

    def enter(self, kinds: Sequence[str] = ALL) -> list[str]:
        """Return the words to put before a command that shall run inside.

        `ip netns exec` would mount another /sys, which hides the cgroups that Docker needs.
        """
        return ["nsenter", f"--target={self.pid}", *kinds, "--"]

    def start(self, argv: Sequence[str], log: Path, kinds: Sequence[str] = ALL) -> None:
        """Start a program inside that keeps running after this process, its output appended to `log`."""
        launch(self.folder, [*self.enter(kinds), "setsid", "--fork", *argv], log).wait(timeout=20)


def find(folder: Path, ready: str) -> Namespace | None:
    """Return the running namespaces whose files are in `folder`.

    Args:
        folder: The folder with their files.
        ready: A path inside that exists as soon as they have booted.
    """
    pid = processes.first_process(folder)
    return Namespace(folder, pid) if pid and Path(f"/proc/{pid}/root{ready}").exists() else None


def boot(folder: Path, kinds: Sequence[str], init: Sequence[str], ready: str) -> Namespace:
    """Make new namespaces, after ending what is left of earlier ones.

    Args:
        folder: The folder with their files.
        kinds: Which namespaces to make, as options of unshare.
        init: The first process.
        ready: A path inside that exists as soon as they have booted.

    Raises:
        SandboxError: The first process failed; the message has the end of its output.
    """
    processes.end(folder)
    log = folder / "boot.log"
    log.write_text("")
    process = launch(folder, ["unshare", *kinds, "--fork", *init], log)
    wait_until(
        lambda: find(folder, ready) is not None or process.poll() is not None,
        f"{folder.name} to boot",
        20,
        lambda: tail(log),
    )
    if not (namespace := find(folder, ready)):
        raise SandboxError(f"{folder.name} did not boot:\n{tail(log)}")
    return namespace


def launch(folder: Path, argv: Sequence[str], log: Path) -> subprocess.Popen[bytes]:
    """Start a process that belongs to `folder`, in a session of its own."""
    with log.open("ab") as output:
        return subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=processes.environment(folder),
            cwd="/",
            start_new_session=True,
        )
