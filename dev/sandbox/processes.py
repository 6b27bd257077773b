"""Finding and ending the sandbox's processes.

Each process of a sandbox has the folder of what it belongs to (a host, the network, the deployer) in its environment.
The processes are found in /proc, so there are no pid files to go stale, and none is ever found by its program's name.
"""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

from dev.sandbox.commands import wait_until

# The environment variable that names the folder.
MARK = "KAMAL_SANDBOX_PART"


def environment(folder: Path) -> dict[str, str]:
    """Return the whole environment of a process that belongs to `folder`: none of the caller's leaks into a host."""
    return {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", MARK: str(folder)}


def first_process(folder: Path) -> int | None:
    """Return the process that is number 1 in the folder's own pid namespace, by its pid on this computer."""
    return next((pid for pid in belonging_to(folder) if is_first(pid)), None)


def end(folder: Path) -> None:
    """Kill all processes that belong to `folder` or a folder below it, containers included, and wait for their end.

    The kernel kills everything in a pid namespace together with its first process.
    """
    namespaces = [pid_namespace(pid) for pid in belonging_to(folder) if is_first(pid)]
    wait_until(lambda: not kill(belonging_to(folder)), f"the processes of {folder} to end", 20)
    wait_until(lambda: not members(namespaces), f"the containers of {folder} to end", 20)


def belonging_to(folder: Path) -> list[int]:
    """Return the pids of the processes that belong to `folder` or a folder below it."""
    exact, below = f"{MARK}={folder}\0".encode(), f"{MARK}={folder}/".encode()
    return [pid for pid, environ in environments() if exact in environ or below in environ]


def is_first(pid: int) -> bool:
    """Return whether a process is number 1 in a pid namespace that is a child of this one."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return False
    # The process's pid in this pid namespace, and in each namespace further in.
    numbers = next((line.split()[1:] for line in status.splitlines() if line.startswith("NSpid:")), [])
    return len(numbers) == 2 and numbers[1] == "1"


def environments() -> Iterator[tuple[int, bytes]]:
    """Yield the pid and environment of every process on this computer."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                yield int(entry.name), (entry / "environ").read_bytes()
            except OSError:
                continue  # It has ended in the meantime, or is one of the kernel's.


def pid_namespace(pid: int) -> str | None:
    """Return the name of a process's pid namespace, or None if the process has ended."""
    try:
        return str(Path(f"/proc/{pid}/ns/pid").readlink())
    except OSError:
        return None


def members(namespaces: list[str | None]) -> list[int]:
    """Return the pids of the processes in these pid namespaces."""
    wanted = {name for name in namespaces if name}
    return [pid for pid, _ in environments() if pid_namespace(pid) in wanted] if wanted else []


def kill(pids: list[int]) -> list[int]:
    """Kill processes that may have ended already; return `pids`."""
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass  # It has ended.
    return pids
