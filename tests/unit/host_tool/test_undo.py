"""What puts the host back when a step fails."""

import io
import signal

import pytest

from components.host_tool.docker.client import DockerError
from components.host_tool.errors import Interrupted, StepError
from components.host_tool.step.undo import Undo


def fail() -> None:
    raise DockerError("no such container")


@pytest.mark.parametrize("error", [StepError("failed"), Interrupted("its time limit"), ValueError("a bug")])
def test_a_step_that_fails_is_undone_from_its_end(error: BaseException) -> None:
    undone: list[str] = []
    with pytest.raises(type(error)), Undo("") as undo:
        undo.add(undone.append, "first")
        undo.add(undone.append, "second")
        raise error
    assert undone == ["second", "first"]


def test_a_step_that_succeeds_is_not_undone() -> None:
    undone: list[str] = []
    with Undo("") as undo:
        undo.add(undone.append, "done")
    assert undone == []


def test_what_was_done_before_the_point_of_no_return_stays() -> None:
    undone: list[str] = []
    with pytest.raises(StepError), Undo("") as undo:
        undo.add(undone.append, "before")
        undo.clear()
        undo.add(undone.append, "after")
        raise StepError("failed")
    assert undone == ["after"]


def test_a_call_that_fails_is_told_and_keeps_no_other_one_from_being_made(capsys: pytest.CaptureFixture[str]) -> None:
    undone: list[str] = []
    with pytest.raises(StepError, match="failed"), Undo("host_tool: switch: ") as undo:
        undo.add(undone.append, "first")
        undo.add(fail)
        raise StepError("failed")
    assert undone == ["first"]
    assert capsys.readouterr().err == "host_tool: switch: putting the host back: no such container\n"


def test_no_signal_ends_it_half_way() -> None:
    undone: list[str] = []
    with pytest.raises(StepError), Undo("") as undo:
        undo.add(undone.append, "first")
        undo.add(signal.raise_signal, signal.SIGTERM)
        raise StepError("failed")
    assert undone == ["first"]


def test_a_connection_that_broke_keeps_no_call_from_being_made(monkeypatch: pytest.MonkeyPatch) -> None:
    class Closed(io.StringIO):
        def write(self, _: str) -> int:
            raise BrokenPipeError

    undone: list[str] = []
    monkeypatch.setattr("sys.stderr", Closed())
    with pytest.raises(StepError, match="failed"), Undo("") as undo:
        undo.add(undone.append, "first")
        undo.add(fail)
        raise StepError("failed")
    assert undone == ["first"]
