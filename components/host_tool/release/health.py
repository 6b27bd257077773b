"""When a candidate is healthy."""

from __future__ import annotations

import time
from pathlib import Path

from ..docker.container_state import ContainerState, container_state
from ..spec import HealthcheckSpec, ProbeSpec
from ..step.step import Step
from .diagnosis import not_ready

SHORTEST_PAUSE = 0.1
"""Seconds between two probes at first."""


def load_probe() -> None:
    """Load what a probe needs: 25 ms that pass while Docker starts the container. No other step needs it."""
    from . import http_probe  # noqa: F401


def await_healthy(step: Step, container: str, network: str, probe: ProbeSpec, deploy_timeout: int) -> None:
    """Wait until a container answers its health check with a 2xx status.

    A container that ends is seen at once. One that Docker starts again may still become healthy.

    Args:
        step: The step.
        container: The container's id.
        network: Its network.
        probe: Where it is probed.
        deploy_timeout: Seconds that it may take.

    Raises:
        StepError: It ended, or was not healthy in time.
    """
    from .http_probe import ask

    step.wait_for(f"{step.subject} to become healthy")
    step.say(f"waiting until {step.short_subject} is healthy")
    answers: list[str] = []
    started = time.monotonic()
    state = container_state(step.docker, container, network)
    restarts_before = state.restarts
    while True:
        elapsed = time.monotonic() - started
        if not has_process(state):
            # It has ended, or this host does not show its processes.
            state = container_state(step.docker, container, network)
            if state.has_crashed(restarts_before):
                raise not_ready(step, container, network, "ended before it was healthy", answers)
        answer = ask(container, state, probe, max(1.0, deploy_timeout - elapsed))
        if not answer and _still_runs(step, container, network, state):
            return
        if answer and answer not in answers:
            answers.append(answer)
        if elapsed >= deploy_timeout:
            where = f":{probe.port}{probe.healthcheck.path}"
            reason = f"did not become healthy within {deploy_timeout} s at {where}"
            raise not_ready(step, container, network, reason, answers)
        time.sleep(pause_after(elapsed, probe.healthcheck))


def _still_runs(step: Step, container: str, network: str, state: ContainerState) -> bool:
    """Return whether the process that was probed is still there: another container may have got its address."""
    if has_process(state):
        return True
    now = container_state(step.docker, container, network)
    return now.status == "running" and now.pid == state.pid


def has_process(state: ContainerState) -> bool:
    """Return whether a container's process is there, as far as this host shows it."""
    return state.pid > 0 and Path(f"/proc/{state.pid}").exists()


def pause_after(elapsed: float, healthcheck: HealthcheckSpec) -> float:
    """Return the seconds until the next probe: short at first, as most of what is waited for comes soon.

    It grows to the interval of the settings, and costs no more than a tenth of the time that the app took to start.
    """
    return min(float(healthcheck.interval), max(SHORTEST_PAUSE, elapsed / 10))
