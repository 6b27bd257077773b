"""When a remote command runs, and what a preview and the state know of it.

The tests in this folder hold for the official command plugin and for the stand-in in dev/toolchain/command, whichever is
installed. They use the real engine and a real SSH server.
"""

import pulumi
import pytest
from pulumi_command import remote

from tests.contract.deployment import Deployment, Journal, connection_to, remote_command
from tests.contract.ssh_server import SshServer


def test_changed_stdin_updates_in_place_and_runs_create_again(
    deployment: Deployment, connection: remote.ConnectionArgs, journal: Journal
) -> None:
    create = f"cat >>{journal.path}"
    assert deployment.steps(remote_command(connection, create=create, stdin="version: 1\n")) == ["create"]
    assert deployment.steps(remote_command(connection, create=create, stdin="version: 2\n")) == ["update"]
    assert journal.lines() == ["version: 1", "version: 2"]


def test_an_update_command_runs_in_place_of_create(
    deployment: Deployment, connection: remote.ConnectionArgs, journal: Journal
) -> None:
    commands = {"create": journal.write("create"), "update": journal.write("update")}
    deployment.up(remote_command(connection, stdin="1", **commands))
    assert deployment.steps(remote_command(connection, stdin="2", **commands)) == ["update"]
    assert journal.lines() == ["create", "update"]


def test_an_unchanged_command_connects_to_no_host(
    deployment: Deployment, connection: remote.ConnectionArgs, host: SshServer
) -> None:
    program = remote_command(connection, create="cat", stdin="version: 1")
    deployment.up(program)
    before = host.connections()
    assert deployment.steps(program) == ["same"]
    assert host.connections() == before


def test_changed_triggers_replace_and_delete_last(
    deployment: Deployment, connection: remote.ConnectionArgs, journal: Journal
) -> None:
    commands = {"create": journal.write("create"), "delete": journal.write("delete")}
    deployment.up(remote_command(connection, triggers=["1"], **commands))
    assert deployment.steps(remote_command(connection, triggers=["2"], **commands)) == [
        "create-replacement",
        "replace",
        "delete-replaced",
    ]
    assert journal.lines() == ["create", "create", "delete"]


def test_without_a_delete_command_deletion_connects_to_no_host(
    deployment: Deployment, connection: remote.ConnectionArgs, host: SshServer
) -> None:
    deployment.up(remote_command(connection, create="true"))
    before = host.connections()
    deployment.destroy()
    assert host.connections() == before


def test_a_delete_only_command_connects_on_deletion_only_and_uses_the_last_inputs(
    deployment: Deployment, connection: remote.ConnectionArgs, host: SshServer, journal: Journal
) -> None:
    before = host.connections()
    delete = f"cat >>{journal.path}"
    assert deployment.steps(remote_command(connection, delete=delete, stdin="version: 1\n")) == ["create"]
    assert deployment.steps(remote_command(connection, delete=delete, stdin="version: 2\n")) == ["update"]
    assert host.connections() == before
    deployment.destroy()
    assert journal.lines() == ["version: 2"]


def test_a_failed_update_keeps_the_old_inputs_and_is_tried_again(
    deployment: Deployment, connection: remote.ConnectionArgs, journal: Journal
) -> None:
    create = f"tee -a {journal.path} | grep -q good"
    good = remote_command(connection, create=create, stdin="good\n")
    bad = remote_command(connection, create=create, stdin="bad\n")
    deployment.up(good)
    deployment.failure(bad)
    deployment.failure(bad)
    assert deployment.steps(good) == ["same"]
    assert journal.lines() == ["good", "bad", "bad"]


def test_a_failed_create_leaves_nothing_and_is_tried_again(
    deployment: Deployment, connection: remote.ConnectionArgs
) -> None:
    deployment.failure(remote_command(connection, create="exit 1"))
    assert deployment.steps(remote_command(connection, create="exit 0")) == ["create"]


def test_a_failed_deletion_is_tried_again(
    deployment: Deployment, connection: remote.ConnectionArgs, journal: Journal
) -> None:
    # It succeeds once it has failed once.
    delete = f"test -e {journal.path} || {{ {journal.write('failed')}; exit 1; }}; {journal.write('deleted')}"
    deployment.up(remote_command(connection, delete=delete))
    deployment.failure(lambda: None)
    deployment.destroy()
    assert journal.lines() == ["failed", "deleted"]


def test_a_secret_stdin_is_nowhere_clear_in_the_state(
    deployment: Deployment, connection: remote.ConnectionArgs
) -> None:
    def program() -> None:
        remote.Command("it", connection=connection, create="wc -c", stdin=pulumi.Output.secret("hush-hush"))

    deployment.up(program)
    assert "command:remote:Command::it" in deployment.state()
    assert "hush-hush" not in deployment.state()


def test_the_connection_is_nowhere_clear_in_the_state(deployment: Deployment, host: SshServer) -> None:
    deployment.up(remote_command(connection_to(host, private_key=host.private_key), create="true"))
    assert "command:remote:Command::it" in deployment.state()
    assert "PRIVATE KEY" not in deployment.state()
    assert host.host_key not in deployment.state()


def test_a_preview_connects_to_no_host(
    deployment: Deployment, connection: remote.ConnectionArgs, host: SshServer
) -> None:
    commands = {"create": "cat", "delete": "true"}
    before = host.connections()
    deployment.preview(remote_command(connection, stdin="1", **commands))
    assert host.connections() == before
    deployment.up(remote_command(connection, stdin="1", **commands))
    before = host.connections()
    deployment.preview(remote_command(connection, stdin="2", **commands))
    deployment.preview(lambda: None)
    assert host.connections() == before


@pytest.mark.parametrize(("stdin", "known"), [("1", True), ("2", False)])
def test_a_preview_knows_the_output_of_unchanged_commands_only(
    deployment: Deployment, connection: remote.ConnectionArgs, stdin: str, known: bool
) -> None:
    seen: list[str] = []

    def program(stdin: str) -> None:
        remote.Command("it", connection=connection, create="cat", stdin=stdin).stdout.apply(seen.append)

    deployment.up(lambda: program("1"))
    seen.clear()
    deployment.preview(lambda: program(stdin))
    assert seen == (["1"] if known else [])
