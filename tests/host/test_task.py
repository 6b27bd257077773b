"""task: the release task (migrations), once a version. It goes on when the connection breaks."""

from typing import Any

from components.host_tool.json_codec import to_json
from components.host_tool.spec import TaskSpec
from tests.host.docker_host import App, Host, Result, wait_until


def spec(app: App, *command: str, version: str = "v1", timeout: int = 20, **fields: Any) -> TaskSpec:
    return TaskSpec(app.container(version, cmd=command, **fields), timeout)


def task(app: App, *command: str, version: str = "v1", secrets: str = "-", **options: Any) -> Result:
    """The task of the role web; `options` are those of `spec`."""
    app.log_in()
    words = ("web", app.host.images[version], secrets)
    return app.call("task", *words, spec=spec(app, *command, version=version, **options))


def tasks_on(host: Host, app: App) -> list[str]:
    """The states of the app's task containers."""
    return host.docker("ps", "--all", "--filter", f"name={app.prefix()}-task", "--format", "{{.State}}").split()


def test_a_task_runs_once_a_version_with_the_environment_and_shows_its_output(app: App, host: Host) -> None:
    secrets = app.secrets({"TOKEN": "a\nb"})
    command = ("sh", "-c", 'echo "$KAMAL_VERSION, $GREETING"; [ "$TOKEN" = "$(printf "a\\nb")" ] && echo known')
    first = task(app, *command, secrets=secrets, env={"GREETING": "Grüße"})
    assert first.status == 0, first.err
    assert "v1, Grüße\nknown\n" in first.err
    assert first.out == ""
    again = task(app, *command, secrets=secrets)
    assert (again.status, "is done already" in again.err, "known" in again.err) == (0, True, False)
    other = task(app, *command, version="v2", secrets=secrets)
    assert "known" in other.err
    assert app.containers() == {}
    assert tasks_on(host, app) == []


def test_a_task_without_a_log_is_waited_for(app: App, host: Host) -> None:
    """With the log driver "none", `docker logs --follow` ends at once."""
    result = task(app, "sh", "-c", "sleep 1; exit 3", options={"log-driver": ("none",)})
    assert "failed with exit status 3" in result.failure
    assert tasks_on(host, app) == []


def test_a_task_whose_command_has_changed_runs_for_the_same_version(app: App) -> None:
    assert "one" in task(app, "echo", "one").err
    assert "two" in task(app, "echo", "two").err
    assert "is done already" in task(app, "echo", "two").err


def test_a_rollback_to_a_version_that_ran_does_not_migrate(app: App) -> None:
    app.release("v1")
    app.release("v2")
    result = task(app, "echo", "migrating", version="v1")
    assert (result.status, "migrating" in result.err) == (0, False), result.err
    assert "migrating" in task(app, "echo", "migrating", version="v2").err


def test_a_task_that_fails_shows_its_output_and_runs_again_the_next_time(app: App, host: Host) -> None:
    result = task(app, "sh", "-c", "echo table missing; exit 7")
    assert "table missing" in result.failure
    assert "the release task of version v1 failed with exit status 7" in result.err
    assert tasks_on(host, app) == []
    assert task(app, "true").status == 0


def test_a_task_goes_on_when_the_connection_breaks_and_the_next_step_joins_it(app: App, host: Host) -> None:
    command = ("sh", "-c", "for number in 1 2 3 4 5 6 7 8; do echo line $number; sleep 1; done")
    app.log_in()
    words = app.words("task", "web", host.images["v1"], "-")
    host.run_until("line 1", *words, stdin=to_json(spec(app, *command)))
    result = task(app, *command)
    assert result.status == 0, result.err
    assert "joining the release task" in result.err
    assert "line 1\nline 2\n" in result.err
    assert "line 7\nline 8\n" in result.err
    assert tasks_on(host, app) == []
    assert "is done already" in task(app, *command).err


def test_a_task_that_ended_while_nobody_followed_it_is_not_run_again(app: App, host: Host) -> None:
    command = ("sh", "-c", "sleep 3; echo migrated")
    app.log_in()
    result = app.call("task", "web", host.images["v1"], "-", spec=spec(app, *command), limit=2)
    assert result.status == 124
    assert "the release task goes on, and the next deploy joins it" in result.err
    assert tasks_on(host, app) == ["running"]
    wait_until(lambda: tasks_on(host, app) == ["exited"])
    joined = task(app, *command)
    assert (joined.status, "joining" in joined.err, "migrated" in joined.err) == (0, True, True), joined.err
    assert tasks_on(host, app) == []


def test_a_task_that_takes_too_long_is_ended(app: App, host: Host) -> None:
    result = task(app, "sh", "-c", "echo begun; sleep 60", timeout=2, options={"init": ("true",)})
    assert "did not end within 2 s" in result.failure
    assert "begun" in result.err
    assert tasks_on(host, app) == []


def test_a_task_that_cannot_start_says_why_and_leaves_no_container(app: App, host: Host) -> None:
    assert "no such file or directory" in task(app, "/no/such/program").failure
    assert tasks_on(host, app) == []
