"""task: the release task, once a version."""

from tests.host.docker_host import App, Host, Result


def task(app: App, *command: str, version: str = "v1", secrets: str = "-", **spec: str) -> Result:
    app.pull(version)
    cmd = {f"cmd.{number}": word for number, word in enumerate(command)}
    items = {**app.role_spec(version), "timeout": "20", **cmd, **spec}
    return app.call("task", "web", app.host.images[version], secrets, spec=items)


def test_a_task_runs_once_a_version_with_the_environment_and_shows_its_output(app: App, host: Host) -> None:
    secrets = app.secrets({"TOKEN": "a\nb"})
    app.roles.add("web")
    command = ("sh", "-c", 'echo "$KAMAL_VERSION, $GREETING"; [ "$TOKEN" = "$(printf "a\\nb")" ] && echo known')
    first = task(app, *command, secrets=secrets, **{"env.GREETING": "Grüße"})
    assert first.status == 0, first.err
    assert "v1, Grüße\nknown\n" in first.err
    assert first.out == ""
    again = task(app, *command, secrets=secrets)
    assert (again.status, "is done already" in again.err, "known" in again.err) == (0, True, False)
    other = task(app, *command, version="v2", secrets=secrets)
    assert "known" in other.err
    assert app.containers() == {}


def test_a_task_that_fails_shows_its_words_and_runs_again_the_next_time(app: App, host: Host) -> None:
    result = task(app, "sh", "-c", "echo table missing; exit 7")
    assert "table missing" in result.failure
    assert "the release task of version v1 failed with exit status 7" in result.err
    assert host.docker("ps", "--all", "--quiet", "--filter", f"name={app.prefix()}-task") == ""
    assert task(app, "true").status == 0


def test_a_task_that_takes_too_long_is_ended(app: App, host: Host) -> None:
    result = task(app, "sh", "-c", "echo begun; sleep 60", timeout="2", **{"option.init": "true"})
    assert "did not end within 2 s" in result.failure
    assert "begun" in result.err
    assert host.docker("ps", "--all", "--quiet", "--filter", f"name={app.prefix()}-task") == ""


def test_a_task_that_cannot_start_says_why(app: App) -> None:
    assert "no such file or directory" in task(app, "/no/such/program").failure
