"""Which processes belong to a sandbox.

Each carries the folder of its part (a host, the network, the deployer) in its environment. What runs is read from
/proc, so no pid file can lie after a crash, and nothing is ever found by a program's name.
"""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

from dev.sandbox.commands import wait_until

MARK = "KAMAL_SANDBOX_PART"


def environment(part: Path) -> dict[str, str]:
    """The whole environment of a process of `part`: nothing of the caller's leaks into a host."""
    return {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", MARK: str(part)}


def first_process(part: Path) -> int | None:
    """The pid, as seen here, of the process that is number 1 of the part's own pid namespace."""
    return next((pid for pid in marked(part) if is_first(pid)), None)


def end(part: Path) -> None:
    """Kill every process of `part` and of the parts below it, containers too, and wait until they are gone.

    The kernel kills all of a pid namespace with its first process, whatever runs in it.
    """
    inside = [namespace_of(pid) for pid in marked(part) if is_first(pid)]
    wait_until(lambda: not kill(marked(part)), f"the processes of {part} to end", 20)
    wait_until(lambda: not members(inside), f"the containers of {part} to end", 20)


def marked(part: Path) -> list[int]:
    """Pids of the processes that carry `part` or a folder below it."""
    exact, below = f"{MARK}={part}\0".encode(), f"{MARK}={part}/".encode()
    return [pid for pid, environ in environments() if exact in environ or below in environ]


def is_first(pid: int) -> bool:
    return len(numbers := pid_numbers(pid)) == 2 and numbers[1] == "1"


def pid_numbers(pid: int) -> list[str]:
    """The process's pid in this pid namespace and in each one further in."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return []
    return next((line.split()[1:] for line in status.splitlines() if line.startswith("NSpid:")), [])


def environments() -> Iterator[tuple[int, bytes]]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                yield int(entry.name), (entry / "environ").read_bytes()
            except OSError:
                continue  # Ended while we looked, or is the kernel's own.


def namespace_of(pid: int) -> str | None:
    try:
        return str(Path(f"/proc/{pid}/ns/pid").readlink())
    except OSError:
        return None


def members(namespaces: list[str | None]) -> list[int]:
    """Pids of the processes in one of these pid namespaces."""
    wanted = {name for name in namespaces if name}
    return [pid for pid, _ in environments() if namespace_of(pid) in wanted] if wanted else []


def kill(pids: list[int]) -> list[int]:
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass  # Ended by itself.
    return pids
