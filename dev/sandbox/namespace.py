"""A part of the sandbox with its own network and processes, which all end when its first process does."""

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dev.sandbox import processes
from dev.sandbox.commands import run, wait_until
from dev.sandbox.errors import SandboxError
from dev.sandbox.files import tail

# Number 1 of a pid namespace adopts orphans; a shell that waits for a child of its own reaps them too.
IDLE = ["sh", "-c", "while :; do sleep 86400; done"]
ALL = ("--net", "--mount", "--pid", "--uts", "--ipc")


@dataclass(frozen=True)
class Namespace:
    """`folder` holds its files and is its mark; `pid` is its first process as seen from this machine."""

    folder: Path
    pid: int

    @property
    def root(self) -> Path:
        """The part's own view of the file system, seen from this machine."""
        return Path(f"/proc/{self.pid}/root")

    def has_interface(self, name: str) -> bool:
        lines = Path(f"/proc/{self.pid}/net/dev").read_text().splitlines()
        return any(line.strip().startswith(f"{name}:") for line in lines)

    def ip(self, commands: str) -> None:
        """Run lines of `ip` commands in the part's network."""
        run(["nsenter", f"--net=/proc/{self.pid}/ns/net", "ip", "-batch", "-"], stdin=commands)

    def enter(self, kinds: Sequence[str] = ALL) -> list[str]:
        """The words before a command that make it run inside; `kinds` says in which respects.

        Not `ip netns exec`: that mounts another /sys, and hides the cgroups that a Docker engine needs.
        """
        return ["nsenter", f"--target={self.pid}", *kinds, "--"]

    def start(self, argv: Sequence[str], log: Path, kinds: Sequence[str] = ALL) -> None:
        """Start a program that stays, detached from us, its output appended to `log`."""
        launch(self.folder, [*self.enter(kinds), "setsid", "--fork", *argv], log).wait(timeout=20)


def find(folder: Path, ready: str) -> Namespace | None:
    """The part whose files are in `folder`, if it runs and the file `ready` inside says that it has booted."""
    pid = processes.first_process(folder)
    return Namespace(folder, pid) if pid and Path(f"/proc/{pid}/root{ready}").exists() else None


def boot(folder: Path, kinds: Sequence[str], init: Sequence[str], ready: str) -> Namespace:
    """Start the part whose files are in `folder`: `init` is its first process. What is left of an earlier one is ended.

    `kinds` are unshare's options. Raises SandboxError with the end of `init`'s output when it fails.
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


def launch(part: Path, argv: Sequence[str], log: Path) -> subprocess.Popen[bytes]:
    """Start `argv` as a process of `part`, in a session of its own."""
    with log.open("ab") as output:
        return subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=processes.environment(part),
            cwd="/",
            start_new_session=True,
        )
