"""task: run once a version, joined after a broken connection, and never run in a rollback."""

import pytest

from components.host_tool.errors import Interrupted, StepError
from components.host_tool.records.records import TaskRecord
from components.host_tool.verbs.task import is_due

from .fake_host import FakeHost, image_of

NAME = "shop-web-task-v1"
CMD = ("migrate",)


@pytest.mark.parametrize(
    ("done", "current", "ran", "due"),
    [
        pytest.param(None, "", (), True, id="the first deploy"),
        pytest.param(None, "v1", ("v1",), True, id="a new version"),
        pytest.param(CMD, "v1", ("v1",), False, id="a version that it was run for, and no switch yet"),
        pytest.param(CMD, "v2", ("v1", "v2"), False, id="the version that runs"),
        pytest.param(("other",), "v2", ("v1", "v2"), True, id="another command for the version that runs"),
        pytest.param(("other",), "v1", ("v1",), True, id="another command for a new version"),
        pytest.param(None, "v2", ("v1", "v2"), True, id="a task that is new in the settings"),
        pytest.param(None, "v3", ("v1", "v2", "v3"), False, id="a rollback to a version without a task then"),
        pytest.param(("other",), "v3", ("v1", "v2", "v3"), False, id="a rollback after the command changed"),
        pytest.param((), "v2", ("v1", "v2"), False, id="the first release ran it, and did not note the command"),
    ],
)
def test_when_the_task_of_version_v2_is_due(
    done: tuple[str, ...] | None, current: str, ran: tuple[str, ...], due: bool
) -> None:
    record = None if done is None else TaskRecord(done)
    assert is_due(record, CMD, "v2", current, ran) == due


def was_started(host: FakeHost) -> int:
    """Return how often a release task was started."""
    return sum(words[0] == "run" and any("task" in word for word in words) for words in host.docker.calls)


def test_a_task_runs_once_a_version(host: FakeHost) -> None:
    host.task("v1", *CMD)
    host.task("v1", *CMD)
    assert was_started(host) == 1
    host.task("v2", *CMD)
    assert was_started(host) == 2


def test_a_changed_command_runs_for_the_same_version(host: FakeHost) -> None:
    host.task("v1", *CMD)
    host.task("v1", "migrate", "--all")
    assert was_started(host) == 2


def test_a_version_that_the_hosts_already_ran_is_not_migrated_again_in_a_rollback(host: FakeHost) -> None:
    host.release("v1")
    host.release("v2")
    host.task("v1", *CMD)
    assert was_started(host) == 0


def test_its_output_is_shown_and_its_container_goes(host: FakeHost, capsys: pytest.CaptureFixture[str]) -> None:
    host.docker.task_output = ["table users created"]
    host.task("v1", *CMD)
    assert "table users created" in capsys.readouterr().err
    assert [container.name for container in host.docker.containers_by_age] == ["kamal-proxy"]


def test_a_task_without_a_log_is_waited_for(host: FakeHost) -> None:
    """With the log driver "none", nothing can be followed while it runs."""
    host.docker.task_has_log, host.docker.task_status = False, 3
    with pytest.raises(StepError, match="failed with exit status 3"):
        host.task("v1", *CMD)


def test_a_task_that_fails_is_not_done(host: FakeHost) -> None:
    host.docker.task_status = 3
    with pytest.raises(StepError, match="the release task of version v1 failed with exit status 3"):
        host.task("v1", *CMD)
    assert [container.name for container in host.docker.containers_by_age] == ["kamal-proxy"]
    host.docker.task_status = 0
    host.task("v1", *CMD)
    assert was_started(host) == 2


def test_a_task_goes_on_when_the_connection_breaks_and_the_next_deploy_joins_it(host: FakeHost) -> None:
    host.docker.task_output = [Interrupted("a connection that broke")]
    with pytest.raises(Interrupted, match="the release task goes on, and the next deploy joins it"):
        host.task("v1", *CMD)
    assert host.docker.named(NAME).state == "running"
    host.docker.task_output = []
    host.task("v1", *CMD)
    assert was_started(host) == 1


def test_a_task_that_ended_well_long_before_it_is_joined_is_done(host: FakeHost) -> None:
    host.docker.task_output = [Interrupted("a connection that broke")]
    with pytest.raises(Interrupted):
        host.task("v1", *CMD)
    task = host.docker.named(NAME)
    task.state, task.started_at = "exited", "2020-01-31T12:00:00Z"
    host.docker.task_output = []
    host.task("v1", *CMD)
    host.task("v1", *CMD)
    assert was_started(host) == 1


def test_a_task_of_another_command_is_not_joined(host: FakeHost) -> None:
    host.docker.task_output = [Interrupted("a connection that broke")]
    with pytest.raises(Interrupted):
        host.task("v1", *CMD)
    host.docker.task_output = []
    host.task("v1", "migrate", "--all")
    assert was_started(host) == 2


def test_a_joined_task_that_failed_meanwhile_fails_the_deploy(host: FakeHost) -> None:
    host.docker.task_output, host.docker.task_status = [Interrupted("a connection that broke")], 3
    with pytest.raises(Interrupted):
        host.task("v1", *CMD)
    host.docker.task_output = []
    with pytest.raises(StepError, match="failed with exit status 3"):
        host.task("v1", *CMD)


def test_a_task_that_does_not_end_in_time_is_stopped(host: FakeHost) -> None:
    host.docker.task_status = None
    with pytest.raises(StepError, match="the release task of version v1 did not end within 0 s"):
        host.task("v1", *CMD, timeout=0)
    assert [container.name for container in host.docker.containers_by_age] == ["kamal-proxy"]


def test_the_container_of_a_task_is_none_of_the_roles(host: FakeHost) -> None:
    """What lists, stops and removes the role's containers does not see it."""
    host.docker.task_output = [Interrupted("a connection that broke")]
    with pytest.raises(Interrupted):
        host.task("v1", *CMD)
    host.release("v1")
    host.release("v2", retain=0)
    assert host.docker.named(NAME).state == "running"


def test_a_task_whose_image_is_missing_is_not_done(host: FakeHost) -> None:
    host.docker.fail("pull", said="")
    host.docker.fail("run", said=f"docker: Error response from daemon: No such image: {image_of('v1')}\n")
    with pytest.raises(StepError, match=r"could not be started. Check release_task\.cmd"):
        host.task("v1", *CMD)
    host.task("v1", *CMD)
    assert was_started(host) == 2
