"""What the project relies on in the command plugin.

These tests hold for the official plugin and for the stand-in in dev/toolchain/command, whichever is installed. They use the
real engine and a real SSH server.
"""

from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi_command import local, remote

from tests.contract.deployment import Deployment, Journal, Program, connection_to
from tests.contract.ssh_server import SshServer, new_public_key


def command(connection: remote.ConnectionArgs, **arguments: Any) -> Program:
    """A program with one remote command."""

    def program() -> None:
        it = remote.Command("it", connection=connection, add_previous_output_in_env=False, **arguments)
        pulumi.export("stdout", it.stdout)
        pulumi.export("stderr", it.stderr)

    return program


def test_changed_stdin_updates_in_place_and_runs_create_again(
    deployment: Deployment, connection: remote.ConnectionArgs, journal: Journal
) -> None:
    create = f"cat >>{journal.path}"
    assert deployment.steps(command(connection, create=create, stdin="version: 1\n")) == ["create"]
    assert deployment.steps(command(connection, create=create, stdin="version: 2\n")) == ["update"]
    assert journal.lines() == ["version: 1", "version: 2"]


def test_an_update_command_runs_in_place_of_create(
    deployment: Deployment, connection: remote.ConnectionArgs, journal: Journal
) -> None:
    commands = {"create": journal.write("create"), "update": journal.write("update")}
    deployment.up(command(connection, stdin="1", **commands))
    assert deployment.steps(command(connection, stdin="2", **commands)) == ["update"]
    assert journal.lines() == ["create", "update"]


def test_an_unchanged_command_connects_to_no_host(
    deployment: Deployment, connection: remote.ConnectionArgs, host: SshServer
) -> None:
    program = command(connection, create="cat", stdin="version: 1")
    deployment.up(program)
    before = host.connections()
    assert deployment.steps(program) == ["same"]
    assert host.connections() == before


def test_changed_triggers_replace_and_delete_last(
    deployment: Deployment, connection: remote.ConnectionArgs, journal: Journal
) -> None:
    commands = {"create": journal.write("create"), "delete": journal.write("delete")}
    deployment.up(command(connection, triggers=["1"], **commands))
    assert deployment.steps(command(connection, triggers=["2"], **commands)) == [
        "create-replacement",
        "replace",
        "delete-replaced",
    ]
    assert journal.lines() == ["create", "create", "delete"]


def test_without_a_delete_command_deletion_connects_to_no_host(
    deployment: Deployment, connection: remote.ConnectionArgs, host: SshServer
) -> None:
    deployment.up(command(connection, create="true"))
    before = host.connections()
    deployment.destroy()
    assert host.connections() == before


def test_a_delete_only_command_connects_on_deletion_only_and_uses_the_last_inputs(
    deployment: Deployment, connection: remote.ConnectionArgs, host: SshServer, journal: Journal
) -> None:
    before = host.connections()
    delete = f"cat >>{journal.path}"
    assert deployment.steps(command(connection, delete=delete, stdin="version: 1\n")) == ["create"]
    assert deployment.steps(command(connection, delete=delete, stdin="version: 2\n")) == ["update"]
    assert host.connections() == before
    deployment.destroy()
    assert journal.lines() == ["version: 2"]


def test_a_failed_update_keeps_the_old_inputs_and_is_tried_again(
    deployment: Deployment, connection: remote.ConnectionArgs, journal: Journal
) -> None:
    create = f"tee -a {journal.path} | grep -q good"
    good, bad = command(connection, create=create, stdin="good\n"), command(connection, create=create, stdin="bad\n")
    deployment.up(good)
    deployment.failure(bad)
    deployment.failure(bad)
    assert deployment.steps(good) == ["same"]
    assert journal.lines() == ["good", "bad", "bad"]


def test_a_failed_create_leaves_nothing_and_is_tried_again(
    deployment: Deployment, connection: remote.ConnectionArgs
) -> None:
    deployment.failure(command(connection, create="exit 1"))
    assert deployment.steps(command(connection, create="exit 0")) == ["create"]


def test_a_failure_shows_the_exit_status_and_both_streams(
    deployment: Deployment, connection: remote.ConnectionArgs
) -> None:
    failure = deployment.failure(
        command(
            connection, create="sh -s", stdin="echo to-stdout; echo to-stderr >&2; exit 3", logging=remote.Logging.NONE
        )
    )
    assert 'Process exited with status 3: running "sh -s":' in failure
    assert "to-stdout" in failure
    assert "to-stderr" in failure


def test_stdin_is_not_shown_by_a_failure(deployment: Deployment, connection: remote.ConnectionArgs) -> None:
    failure = deployment.failure(command(connection, create="cat >/dev/null; exit 1", stdin="hush"))
    assert "hush" not in failure


def test_output_comes_back_without_one_newline_at_its_end(
    deployment: Deployment, connection: remote.ConnectionArgs
) -> None:
    outputs = deployment.up(command(connection, create="printf 'a\\n\\n'; printf 'b\\n' >&2")).outputs
    assert (outputs["stdout"].value, outputs["stderr"].value) == ("a\n", "b")


def test_output_reaches_the_commands_that_depend_on_it(
    deployment: Deployment, connection: remote.ConnectionArgs, journal: Journal
) -> None:
    def program() -> None:
        first = remote.Command("first", connection=connection, create="echo from the first")
        remote.Command("second", connection=connection, create=f"cat >>{journal.path}", stdin=first.stdout)

    deployment.up(program)
    assert journal.lines() == ["from the first"]


def test_many_lines_and_bytes_pass_both_ways(deployment: Deployment, connection: remote.ConnectionArgs) -> None:
    text = "".join(f"line {number}\n" for number in range(20_000))
    outputs = deployment.up(command(connection, create="cat", stdin=text, logging=remote.Logging.NONE)).outputs
    assert outputs["stdout"].value + "\n" == text


def test_a_secret_stdin_is_nowhere_clear_in_the_state(
    deployment: Deployment, connection: remote.ConnectionArgs
) -> None:
    def program() -> None:
        remote.Command("it", connection=connection, create="wc -c", stdin=pulumi.Output.secret("hush-hush"))

    deployment.up(program)
    assert "command:remote:Command::it" in deployment.state()
    assert "hush-hush" not in deployment.state()


def test_the_connection_is_nowhere_clear_in_the_state(deployment: Deployment, host: SshServer) -> None:
    deployment.up(command(connection_to(host, private_key=host.private_key), create="true"))
    assert "command:remote:Command::it" in deployment.state()
    assert "PRIVATE KEY" not in deployment.state()
    assert host.host_key not in deployment.state()


def test_a_preview_connects_to_no_host(
    deployment: Deployment, connection: remote.ConnectionArgs, host: SshServer
) -> None:
    commands = {"create": "cat", "delete": "true"}
    before = host.connections()
    deployment.preview(command(connection, stdin="1", **commands))
    assert host.connections() == before
    deployment.up(command(connection, stdin="1", **commands))
    before = host.connections()
    deployment.preview(command(connection, stdin="2", **commands))
    deployment.preview(lambda: None)
    assert host.connections() == before


@pytest.mark.parametrize(("stdin", "known"), [("1", True), ("2", False)])
def test_a_preview_knows_the_output_of_unchanged_commands_only(
    deployment: Deployment, connection: remote.ConnectionArgs, stdin: str, known: bool
) -> None:
    seen: list[str] = []

    def program(stdin: str) -> Program:
        def register() -> None:
            it = remote.Command("it", connection=connection, create="cat", stdin=stdin)
            it.stdout.apply(seen.append)

        return register

    deployment.up(program("1"))
    seen.clear()
    deployment.preview(program(stdin))
    assert seen == (["1"] if known else [])


def test_another_host_key_fails_and_runs_nothing(
    deployment: Deployment, host: SshServer, journal: Journal, tmp_path: Path
) -> None:
    other = connection_to(host, host_key=new_public_key(tmp_path), dial_error_limit=0)
    logins = host.logins()
    failure = deployment.failure(command(other, create=journal.write("ran")))
    assert "after 0 failed attempts: ssh: handshake failed: ssh: host key mismatch" in failure
    assert journal.lines() == []
    assert host.logins() == logins


def test_a_command_logs_in_once_with_the_agent_that_the_environment_names(
    deployment: Deployment, connection: remote.ConnectionArgs, host: SshServer
) -> None:
    connections, logins = host.connections(), host.logins()
    deployment.up(command(connection, create="true"))
    assert (host.connections(), host.logins()) == (connections + 1, logins + 1)


def test_a_private_key_logs_in(deployment: Deployment, host: SshServer) -> None:
    logins = host.logins()
    deployment.up(command(connection_to(host, private_key=host.private_key), create="true"))
    assert host.logins() == logins + 1


def test_a_jump_host_leads_to_the_host(deployment: Deployment, host: SshServer, journal: Journal) -> None:
    jump = remote.ProxyConnectionArgs(host="127.0.0.1", port=host.port, user=host.user, host_key=host.host_key)
    logins = host.logins()
    deployment.up(command(connection_to(host, proxy=jump), create=journal.write("ran")))
    assert journal.lines() == ["ran"]
    assert host.logins() == logins + 2


def test_a_refused_environment_variable_fails_and_names_it(
    deployment: Deployment, connection: remote.ConnectionArgs, journal: Journal
) -> None:
    failure = deployment.failure(command(connection, create=journal.write("ran"), environment={"NOT_ACCEPTED": "1"}))
    assert "NOT_ACCEPTED" in failure
    assert journal.lines() == []


def test_logging_chooses_what_is_shown_while_a_command_runs(
    deployment: Deployment, connection: remote.ConnectionArgs
) -> None:
    shown = {
        remote.Logging.NONE: [],
        remote.Logging.STDOUT: ["to-stdout"],
        remote.Logging.STDERR: ["to-stderr"],
        remote.Logging.STDOUT_AND_STDERR: ["to-stderr", "to-stdout"],
    }

    def program() -> None:
        for logging in shown:
            create = "echo to-stdout; echo to-stderr >&2"
            remote.Command(logging.value, connection=connection, create=create, logging=logging)

    messages = deployment.messages(program)
    assert {logging: sorted(messages.get(logging.value, [])) for logging in shown} == shown


def test_a_local_command_gets_environment_stdin_and_directory(deployment: Deployment, tmp_path: Path) -> None:
    def program() -> None:
        it = local.Command(
            "it",
            create='echo "$WHO in $(pwd) reads $(cat)"',
            environment={"WHO": "deployer"},
            stdin="a spec",
            dir=str(tmp_path),
        )
        pulumi.export("stdout", it.stdout)

    assert deployment.up(program).outputs["stdout"].value == f"deployer in {tmp_path} reads a spec"


def test_a_local_command_runs_in_the_project_with_the_callers_environment(
    deployment: Deployment, host: SshServer, tmp_path: Path
) -> None:
    def program() -> None:
        it = local.Command("it", create='pwd; echo "$SSH_AUTH_SOCK"')
        pulumi.export("stdout", it.stdout)

    assert deployment.up(program).outputs["stdout"].value == f"{tmp_path / 'project'}\n{host.agent_socket}"


def test_a_local_commands_changed_environment_updates_and_runs_it_again(
    deployment: Deployment, journal: Journal
) -> None:
    def program(version: str) -> Program:
        def register() -> None:
            local.Command("it", create=journal.write("$VERSION"), environment={"VERSION": version})

        return register

    deployment.up(program("1"))
    assert deployment.steps(program("2")) == ["update"]
    assert deployment.steps(program("2")) == ["same"]
    assert journal.lines() == ["1", "2"]


def test_a_failing_local_command_shows_the_exit_status_and_its_output(deployment: Deployment) -> None:
    def program() -> None:
        local.Command("it", create="echo reason >&2; exit 7")

    failure = deployment.failure(program)
    assert "exit status 7" in failure
    assert "reason" in failure
