"""Commands on the machine that runs Pulumi."""

from pathlib import Path

import pulumi
import pytest
from pulumi_command import local

from tests.contract.deployment import Deployment, Journal, local_command
from tests.contract.ssh_server import SshServer


def test_it_gets_environment_stdin_and_directory(deployment: Deployment, tmp_path: Path) -> None:
    program = local_command(
        create='echo "$WHO in $(pwd) reads $(cat)"',
        environment={"WHO": "deployer"},
        stdin="a spec",
        dir=str(tmp_path),
    )
    assert deployment.up(program).outputs["stdout"].value == f"deployer in {tmp_path} reads a spec"


def test_it_runs_in_the_project_with_the_callers_environment(
    deployment: Deployment, host: SshServer, tmp_path: Path
) -> None:
    program = local_command(create='pwd; echo "$SSH_AUTH_SOCK"')
    assert deployment.up(program).outputs["stdout"].value == f"{tmp_path / 'project'}\n{host.agent_socket}"


def test_a_changed_environment_updates_and_runs_it_again(deployment: Deployment, journal: Journal) -> None:
    create = journal.write("$VERSION")
    deployment.up(local_command(create=create, environment={"VERSION": "1"}))
    assert deployment.steps(local_command(create=create, environment={"VERSION": "2"})) == ["update"]
    assert deployment.steps(local_command(create=create, environment={"VERSION": "2"})) == ["same"]
    assert journal.lines() == ["1", "2"]


def test_a_secret_in_the_environment_is_nowhere_clear_in_the_state(deployment: Deployment) -> None:
    def program() -> None:
        local.Command("it", create="test $PASSWORD", environment={"PASSWORD": pulumi.Output.secret("hush-hush")})

    deployment.up(program)
    assert "command:local:Command::it" in deployment.state()
    assert "hush-hush" not in deployment.state()


@pytest.mark.parametrize(
    ("logging", "shown"),
    [(local.Logging.STDERR, ["to-stderr"]), (local.Logging.STDOUT_AND_STDERR, ["to-stderr", "to-stdout"])],
)
def test_logging_chooses_what_is_shown_while_it_runs(
    deployment: Deployment, logging: local.Logging, shown: list[str]
) -> None:
    create = "echo to-stdout; echo to-stderr >&2"
    assert sorted(deployment.messages(local_command(create=create, logging=logging))["it"]) == shown


def test_a_failure_shows_the_exit_status_the_command_and_its_output(deployment: Deployment) -> None:
    failure = deployment.failure(local_command(create="echo 'the rea''son' >&2; exit 7"))
    assert "exit status 7: running \"echo 'the rea''son' >&2; exit 7\":" in failure
    assert "the reason" in failure
