"""What the person who deploys is told of a container that did not become healthy or ready."""

from __future__ import annotations

import time
from collections.abc import Sequence

from ..docker.container_state import ContainerState, container_state
from ..errors import StepError
from ..step.step import Step

LOG_LINES = 50
"""How many of its last log lines are shown."""

SETTLE_LIMIT = 2
"""Seconds that a restarting container is given to stand still: Docker forgets its exit code whenever it starts it again."""


def not_ready(step: Step, container: str, network: str, reason: str, answers: Sequence[str] = ()) -> StepError:
    """Show what this host knows of a container, and return the failure of the step.

    Args:
        step: The step.
        container: The container's id.
        network: Its network.
        reason: What is wrong with it.
        answers: What its health checks got.
    """
    state = _settled(step, container, network)
    memory = ", killed because its memory ran out" if state.oom_killed else ""
    step.say(
        f"container {container}: state {state.status}, exit code {state.exit_code}, restarts {state.restarts}{memory}"
    )
    _show(step, "its last log lines:", step.docker.containers.logs(container, LOG_LINES))
    if answers:
        _show(step, "its last health answers:", answers[-5:])
    return StepError(
        f"{'it' if step.accessory else f'version {step.version}'} {reason}. Its last log lines are above: correct the "
        f"{'settings' if step.accessory else 'app or the settings'}, then deploy again."
    )


def _settled(step: Step, container: str, network: str) -> ContainerState:
    deadline = time.monotonic() + SETTLE_LIMIT
    state = container_state(step.docker, container, network)
    while state.status == "running" and state.restarts > 0 and time.monotonic() < deadline:
        time.sleep(0.1)
        state = container_state(step.docker, container, network)
    return state


def _show(step: Step, title: str, lines: Sequence[str]) -> None:
    step.say(title)
    for line in lines:
        step.say(f"  {line}")
