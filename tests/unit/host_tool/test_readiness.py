"""When a container without kamal-proxy is taken for ready."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from components.host_tool.docker.container_state import ContainerState
from components.host_tool.errors import StepError
from components.host_tool.release import readiness
from components.host_tool.release.readiness import PAUSE, await_ready
from components.host_tool.step.step import Step

RUNNING = ContainerState("running")
HEALTHY = ContainerState("running", health="healthy")


class Clock:
    """A clock that only a pause moves on."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(readiness, "time", clock)
    monkeypatch.setattr(readiness, "not_ready", lambda *words: StepError(str(words[3])))
    return clock


def inspected(state: ContainerState) -> dict[str, Any]:
    """Return what `docker inspect` says of a container in a state."""
    health = {} if state.health == "none" else {"Health": {"Status": state.health}}
    said = {"Status": state.status, "ExitCode": 0, "OOMKilled": False, "Pid": 0, **health}
    return {"State": said, "RestartCount": state.restarts, "NetworkSettings": {"Networks": {}}}


def wait(*states: ContainerState, delay: int = 1, limit: int = 5) -> None:
    """Wait for a container that shows these states, one at each look; the last one stays."""
    left = list(states)
    docker = SimpleNamespace(inspect=lambda _: [inspected(left.pop(0) if len(left) > 1 else left[0])])
    step = cast("Step", SimpleNamespace(docker=docker))
    await_ready(step, "c1", "kamal", delay=delay, limit=limit, restarts_before=0)


def test_it_is_ready_once_it_has_run_for_the_delay(clock: Clock) -> None:
    wait(RUNNING)
    assert 1 <= clock.now < 1 + 2 * PAUSE


def test_a_restart_begins_the_delay_again(clock: Clock) -> None:
    wait(RUNNING, RUNNING, ContainerState("running", restarts=1))
    assert 1 + 2 * PAUSE <= clock.now < 1 + 4 * PAUSE


def test_the_pause_before_a_restart_is_no_time_in_which_it_has_run(clock: Clock) -> None:
    pause = [ContainerState("restarting", restarts=2)] * 5
    with pytest.raises(StepError, match="ended before it was ready"):
        wait(*pause, ContainerState("running", restarts=2), ContainerState("restarting", restarts=3))


def test_with_a_healthcheck_only_that_counts(clock: Clock) -> None:
    wait(*[ContainerState("running", health="starting")] * 8, HEALTHY)
    assert clock.now >= 7 * PAUSE
    with pytest.raises(StepError, match=r"within 5 s \(health: starting"):
        wait(ContainerState("running", health="starting"))


def test_a_container_that_has_ended_is_seen_at_once(clock: Clock) -> None:
    with pytest.raises(StepError, match="ended before it was ready"):
        wait(ContainerState("exited"))
    assert clock.now == 0
