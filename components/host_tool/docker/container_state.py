"""What a container does."""

from __future__ import annotations

from dataclasses import dataclass

from .engine import Docker


@dataclass(frozen=True)
class ContainerState:
    """What a container does.

    Attributes:
        status: Docker's word, or "gone".
        restarts: How often Docker has restarted it.
        exit_code: Of its last end.
        oom_killed: Whether the kernel ended it because its memory ran out.
        health: The verdict of its HEALTHCHECK, "none" without one.
        address: Its address in the network that was asked for, "" if it has none.
        pid: Its process on this host, 0 if it has none.
    """

    status: str
    restarts: int = 0
    exit_code: int = 0
    oom_killed: bool = False
    health: str = "none"
    address: str = ""
    pid: int = 0

    def has_crashed(self, restarts_before: int) -> bool:
        """Whether it has ended for good. Docker restarts a crashing container for ever; three times is enough."""
        return self.status in ("exited", "dead", "gone") or self.restarts - restarts_before >= 3


def container_state(docker: Docker, container: str, network: str) -> ContainerState:
    """Return what a container does, with its address in a network."""
    found = docker.inspect(container)
    if not found:
        return ContainerState("gone")
    data = found[0]
    state, networks = data["State"], data["NetworkSettings"]["Networks"]
    return ContainerState(
        status=state["Status"],
        restarts=data["RestartCount"],
        exit_code=state["ExitCode"],
        oom_killed=state["OOMKilled"],
        health=(state.get("Health") or {}).get("Status", "none"),
        address=(networks.get(network) or {}).get("IPAddress", ""),
        pid=state["Pid"],
    )
