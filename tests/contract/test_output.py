"""What becomes of a remote command's input and output, and what its failure says."""

import pytest
from pulumi_command import remote

from tests.contract.deployment import Deployment, Journal, remote_command


def test_output_comes_back_without_one_newline_at_its_end(
    deployment: Deployment, connection: remote.ConnectionArgs
) -> None:
    outputs = deployment.up(remote_command(connection, create="printf 'a\\n\\n'; printf 'b\\n' >&2")).outputs
    assert (outputs["stdout"].value, outputs["stderr"].value) == ("a\n", "b")


def test_output_reaches_the_commands_that_depend_on_it(
    deployment: Deployment, connection: remote.ConnectionArgs, journal: Journal
) -> None:
    def program() -> None:
        first = remote.Command("first", connection=connection, create="echo from the first")
        remote.Command("second", connection=connection, create=f"cat >>{journal.path}", stdin=first.stdout)

    deployment.up(program)
    assert journal.lines() == ["from the first"]


def test_many_lines_and_any_character_pass_both_ways(deployment: Deployment, connection: remote.ConnectionArgs) -> None:
    text = "".join(f"line {number}: größer, 大きい\t'\"\\$\n" for number in range(20_000))
    outputs = deployment.up(remote_command(connection, create="cat", stdin=text, logging=remote.Logging.NONE)).outputs
    assert outputs["stdout"].value + "\n" == text


@pytest.mark.parametrize(
    ("logging", "shown"),
    [
        (remote.Logging.NONE, []),
        (remote.Logging.STDOUT, ["to-stdout"]),
        (remote.Logging.STDERR, ["to-stderr"]),
        (remote.Logging.STDOUT_AND_STDERR, ["to-stderr", "to-stdout"]),
        (None, ["to-stderr", "to-stdout"]),
    ],
)
def test_logging_chooses_what_is_shown_while_a_command_runs(
    deployment: Deployment, connection: remote.ConnectionArgs, logging: remote.Logging | None, shown: list[str]
) -> None:
    create = "echo to-stdout; echo to-stderr >&2"
    messages = deployment.messages(remote_command(connection, create=create, logging=logging))
    assert sorted(messages.get("it", [])) == shown


def test_a_long_line_is_shown(deployment: Deployment, connection: remote.ConnectionArgs) -> None:
    """At 64 KiB the plugin would hang, so the host tool shows lines of at most 300 characters."""
    create = "printf '%060000d\\n' 0 >&2"
    messages = deployment.messages(remote_command(connection, create=create, logging=remote.Logging.STDERR))
    assert messages["it"] == ["0" * 60_000]


def test_without_the_previous_output_an_update_shows_no_warning(
    deployment: Deployment, connection: remote.ConnectionArgs
) -> None:
    deployment.up(remote_command(connection, create="echo 1"))
    assert deployment.messages(remote_command(connection, create="echo 2")) == {"it": ["2"]}


def test_a_failure_shows_the_exit_status_the_command_and_both_streams(
    deployment: Deployment, connection: remote.ConnectionArgs
) -> None:
    failure = deployment.failure(
        remote_command(
            connection, create="sh -s", stdin="echo to-stdout; echo to-stderr >&2; exit 3", logging=remote.Logging.NONE
        )
    )
    assert 'Process exited with status 3: running "sh -s":' in failure
    assert "to-stdout" in failure
    assert "to-stderr" in failure


def test_a_failure_does_not_show_stdin(deployment: Deployment, connection: remote.ConnectionArgs) -> None:
    failure = deployment.failure(remote_command(connection, create="cat >/dev/null; exit 4", stdin="hush"))
    assert "Process exited with status 4" in failure
    assert "hush" not in failure
