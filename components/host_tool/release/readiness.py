"""When a container without kamal-proxy is ready to take over."""

from __future__ import annotations

import time

from ..docker.container_state import container_state
from ..step.step import Step
from .diagnosis import not_ready

PAUSE = 0.3
"""Seconds between two looks at the container."""


def await_ready(step: Step, container: str, network: str, *, delay: int, limit: int, restarts_before: int) -> None:
    """Wait until a container's HEALTHCHECK says that it is healthy or, without one, until it has run for a while.

    Args:
        step: The step.
        container: The container's id.
        network: Its network.
        delay: Seconds that a container without HEALTHCHECK has to run without a restart.
        limit: Seconds that all of it may take.
        restarts_before: How often Docker had restarted it before this step.

    Raises:
        StepError: It ended, or was not ready in time.
    """
    # A delay beyond the limit could never be met.
    limit = max(limit, delay + 1)
    started = steady_since = time.monotonic()
    restarts = restarts_before
    while True:
        state = container_state(step.docker, container, network)
        now = time.monotonic()
        if state.has_crashed(restarts_before):
            raise not_ready(step, container, network, "ended before it was ready")
        if state.restarts != restarts or state.status != "running":
            # Docker pauses before a restart. That is no time in which it has run.
            restarts, steady_since = state.restarts, now
        if state.health == "healthy":
            return
        if state.health == "none" and now - steady_since >= delay and state.status == "running":
            return
        if now - started >= limit:
            reason = f"did not become ready within {limit} s (health: {state.health}, restarts: {state.restarts})"
            raise not_ready(step, container, network, reason)
        time.sleep(PAUSE)
