"""The ports of this host that something listens on."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path

from ..docker.engine import Docker
from ..proxy.client import CONTAINER
from ..proxy_container import REPLACED

LISTEN = "0A"
"""The state of a listening socket in /proc/net/tcp (proc_pid_net(5); include/net/tcp_states.h)."""

TABLES = ("/proc/net/tcp", "/proc/net/tcp6")


def taken_ports(docker: Docker, wanted: Iterable[int], own: Collection[int]) -> dict[str, str]:
    """Return the ports that are taken, each with what has it.

    Args:
        docker: The engine.
        wanted: The ports that are needed.
        own: Those that kamal-proxy is known to have.
    """
    listening = listening_ports([Path(table).read_text() for table in TABLES if Path(table).exists()])
    holders = {port: _holder(docker, port) for port in wanted if port in listening and port not in own}
    # The next step brings kamal-proxy back where its replacement was interrupted.
    own_names = (CONTAINER, REPLACED)
    return {
        str(port): f"the container {name}" if name else "another program"
        for port, name in holders.items()
        if name not in own_names
    }


def listening_ports(tables: Iterable[str]) -> set[int]:
    """Return the ports of the listening sockets in the kernel's tables of TCP sockets."""
    rows = [line.split() for table in tables for line in table.splitlines()[1:]]
    return {int(row[1].rpartition(":")[2], 16) for row in rows if len(row) > 3 and row[3] == LISTEN}


def _holder(docker: Docker, port: int) -> str:
    """Return the name of the container that has a port, "" where none has it."""
    return next((container.name for container in docker.containers.publishing(port)), "")
