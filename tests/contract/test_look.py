"""How OpenSSH looks at a host, and what the report says when it cannot."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from components.host_tool.json_codec import to_json
from components.inspection.look import MOST_BYTES, Answer, NoAnswer, start_look
from components.secret import Secret
from components.ssh_connection import SshConnection, SshEndpoint
from tests.contract.ssh_server import SshServer, new_key, new_public_key, running_agent, running_ssh_server, unused_port
from tests.unit.graph import NEW_HOST

PRINT_FACTS = ("echo", to_json(NEW_HOST))


@pytest.fixture(autouse=True)
def agent(host: SshServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The person's SSH agent has the key that the host accepts."""
    monkeypatch.setenv("SSH_AUTH_SOCK", host.agent_socket)


@pytest.fixture
def connection(host: SshServer) -> SshConnection:
    return connection_to(host)


def connection_to(server: SshServer) -> SshConnection:
    endpoint = SshEndpoint("127.0.0.1", server.user, server.port, server.host_key, (server.host_key,))
    return SshConnection(endpoint, jump=None, private_key=None, dial_timeout=1)


def at(connection: SshConnection, **fields: Any) -> SshConnection:
    """The connection with another host, port, user or key."""
    return replace(connection, endpoint=replace(connection.endpoint, **fields))


def through(jump: SshConnection, connection: SshConnection, **fields: Any) -> SshConnection:
    """The connection through a jump host."""
    return replace(connection, jump=replace(jump.endpoint, **fields))


def look(
    connection: SshConnection, words: Sequence[str] = PRINT_FACTS, *, stdin: str = "", limit: float = 10
) -> Answer:
    """The answer of one host."""
    [answer] = start_look([connection], words, lambda: stdin, limit).wait().values()
    return answer


def failure(connection: SshConnection, words: Sequence[str] = PRINT_FACTS, *, limit: float = 10) -> str:
    """Why a host cannot be looked at."""
    answer = look(connection, words, limit=limit)
    assert isinstance(answer, NoAnswer)
    return answer.reason


@contextmanager
def black_hole() -> Iterator[int]:
    """Give a port whose connections are neither accepted nor refused: its queue is full."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as server:
        port: int = server.getsockname()[1]
        waiting = [socket.socket() for _ in range(3)]
        for client in waiting:
            client.setblocking(False)
            client.connect_ex(("127.0.0.1", port))
        yield port
        for client in waiting:
            client.close()


# The way to a host.


def test_the_facts_are_what_the_command_prints(connection: SshConnection) -> None:
    assert look(connection) == NEW_HOST


def test_the_command_reads_its_input(connection: SshConnection) -> None:
    assert look(connection, ["cat"], stdin=f"{to_json(NEW_HOST)}\n") == NEW_HOST


def test_all_hosts_are_looked_at_at_once_and_the_program_goes_on(connection: SshConnection) -> None:
    # It listens on the first address alone.
    hosts = [at(connection, host=f"127.0.0.{number}") for number in (1, 2, 3)]
    started = time.monotonic()
    under_way = start_look(hosts, ["sh", "-c", f"sleep 1; echo '{to_json(NEW_HOST)}'"], str, 10)
    assert time.monotonic() - started < 0.1
    answers = under_way.wait()
    assert time.monotonic() - started < 3
    assert list(answers) == ["127.0.0.1", "127.0.0.2", "127.0.0.3"]
    assert [isinstance(answer, NoAnswer) for answer in answers.values()] == [False, True, True]


def test_any_known_key_may_be_shown(connection: SshConnection, host: SshServer, tmp_path: Path) -> None:
    assert look(at(connection, known_keys=(host.ecdsa_host_key,))) == NEW_HOST
    assert look(at(connection, known_keys=(new_public_key(tmp_path), host.host_key))) == NEW_HOST


def test_any_key_is_accepted_where_none_is_known(connection: SshConnection) -> None:
    assert look(at(connection, host_key=None, known_keys=())) == NEW_HOST


def test_a_jump_host_leads_to_the_host(connection: SshConnection, host: SshServer) -> None:
    logins = host.logins()
    assert look(through(connection, connection)) == NEW_HOST
    assert host.logins() == logins + 2


def test_a_private_key_logs_in_without_the_persons_agent(
    connection: SshConnection, host: SshServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSH_AUTH_SOCK")
    with_key = replace(connection, private_key=Secret(host.private_key))
    assert look(with_key) == NEW_HOST
    assert look(through(connection, with_key)) == NEW_HOST


def test_with_a_private_key_no_other_key_is_tried(connection: SshConnection, tmp_path: Path) -> None:
    other = Secret(new_key(tmp_path / "key").read_text())
    assert "does not let" in failure(replace(connection, private_key=other))


def test_a_private_key_is_in_no_file_and_in_no_argument(
    connection: SshConnection, host: SshServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    # The first line is the same in all keys.
    key = host.private_key.splitlines()[3]
    under_way = start_look(
        [replace(connection, private_key=Secret(host.private_key))],
        ["sh", "-c", f"sleep 1; echo '{to_json(NEW_HOST)}'"],
        str,
        10,
    )
    time.sleep(0.7)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.name for path in files} == {"config", "known_hosts"}
    assert not [path for path in files if key in path.read_text()]
    assert not [path for path in Path("/proc").glob("[0-9]*/cmdline") if key in read(path)]
    assert under_way.wait() == {"127.0.0.1": NEW_HOST}
    assert list(tmp_path.iterdir()) == []


def read(path: Path) -> str:
    """The text of a file that may be gone."""
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""


def test_an_interrupted_program_ends_at_once_and_leaves_no_private_key(host: SshServer, tmp_path: Path) -> None:
    with black_hole() as port:
        program = f"""
import signal
from components.failure import end_quietly_on_interrupt
from components.inspection.look import start_look
from components.secret import Secret
from components.ssh_connection import SshConnection, SshEndpoint

end_quietly_on_interrupt()
connection = SshConnection(SshEndpoint("127.0.0.1", "me", {port}), None, Secret({host.private_key!r}), 1)
look = start_look([connection], ["true"], str, 4)
print("started", flush=True)
look.wait()
"""
        environment = {**os.environ, "TMPDIR": str(tmp_path)}
        with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, env=environment) as process:
            assert process.stdout
            assert process.stdout.readline() == b"started\n"
            time.sleep(0.3)
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=2) == -signal.SIGINT
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and "PRIVATE KEY" in path.read_text()]


def test_what_the_users_shell_prints_before_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    forced = 'ForceCommand echo Welcome; echo to web1; echo Be careful >&2; sh -c "$SSH_ORIGINAL_COMMAND"'
    with running_ssh_server(tmp_path, forced) as server:
        monkeypatch.setenv("SSH_AUTH_SOCK", server.agent_socket)
        assert look(connection_to(server)) == NEW_HOST


# Why a host cannot be looked at.


def test_a_name_that_cannot_be_resolved(connection: SshConnection) -> None:
    assert failure(at(connection, host="no-such-host.invalid")).startswith(
        f"the name in no-such-host.invalid:{connection.endpoint.port} cannot be resolved."
    )


def test_a_port_that_is_closed(connection: SshConnection) -> None:
    port = unused_port()
    assert failure(at(connection, port=port)).startswith(f"127.0.0.1:{port} refuses connections.")


def test_a_black_hole_is_given_up_within_the_limit(connection: SshConnection) -> None:
    with black_hole() as port:
        started = time.monotonic()
        assert failure(at(connection, port=port), limit=2).startswith(f"127.0.0.1:{port} does not answer.")
        assert time.monotonic() - started < 2


def test_a_server_that_accepts_and_says_nothing_is_given_up_within_the_limit(connection: SshConnection) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        started = time.monotonic()
        assert failure(at(connection, port=port), limit=2).startswith(f"127.0.0.1:{port} does not answer.")
        assert time.monotonic() - started < 2


def test_a_command_that_does_not_end_is_given_up_at_the_limit(connection: SshConnection) -> None:
    started = time.monotonic()
    assert failure(connection, ["sleep", "30"], limit=2).startswith("it did not answer in time.")
    assert time.monotonic() - started < 3


def test_another_host_key(connection: SshConnection, tmp_path: Path) -> None:
    other = new_public_key(tmp_path)
    said = failure(at(connection, host_key=other, known_keys=(other,)))
    assert said.startswith(f"127.0.0.1:{connection.endpoint.port} shows another host key than the known one")
    assert f"`ssh-keyscan -t ed25519 -p {connection.endpoint.port} 127.0.0.1` shows it" in said


def test_no_key_of_the_type_that_is_known(connection: SshConnection, tmp_path: Path) -> None:
    other = Path(f"{new_key(tmp_path / 'key', 'rsa')}.pub").read_text().strip()
    assert "shows another host key than the known one (ssh-rsa)" in failure(at(connection, known_keys=(other,)))


def test_no_agent(connection: SshConnection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSH_AUTH_SOCK")
    assert "No SSH agent runs here" in failure(connection)
    monkeypatch.setenv("SSH_AUTH_SOCK", "/no/agent")
    assert "No SSH agent runs here" in failure(connection)


def test_an_agent_without_the_key(connection: SshConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with running_agent(tmp_path, new_key(tmp_path / "key")) as agent_socket:
        monkeypatch.setenv("SSH_AUTH_SOCK", agent_socket)
        assert "Add the key to the SSH agent (ssh-add -l lists its keys)" in failure(connection)


def test_an_agent_with_too_many_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "agent").mkdir()
    keys = [new_key(tmp_path / f"key{number}") for number in range(2)]
    with (
        running_ssh_server(tmp_path, "MaxAuthTries 1") as server,
        running_agent(tmp_path / "agent", *keys) as agent_socket,
    ):
        monkeypatch.setenv("SSH_AUTH_SOCK", agent_socket)
        assert "has refused too many keys" in failure(connection_to(server))


def test_an_unknown_user(connection: SshConnection) -> None:
    assert failure(at(connection, user="nobody-of-that-name")).startswith(
        f"127.0.0.1:{connection.endpoint.port} does not let nobody-of-that-name in."
    )


def test_a_user_who_may_not_log_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with running_ssh_server(tmp_path, "ForceCommand /usr/sbin/nologin") as server:
        monkeypatch.setenv("SSH_AUTH_SOCK", server.agent_socket)
        assert failure(connection_to(server)).startswith(f"{server.user} may not log in on 127.0.0.1:{server.port}.")


def test_a_private_key_that_is_none(connection: SshConnection) -> None:
    said = failure(replace(connection, private_key=Secret("hush")))
    assert said.startswith("OpenSSH cannot use the private key in ssh.key_data (")
    assert "hush" not in said


def test_a_private_key_with_a_passphrase(connection: SshConnection, tmp_path: Path) -> None:
    key = new_key(tmp_path / "key", passphrase="hush-hush").read_text()
    assert "Set one that has no passphrase" in failure(replace(connection, private_key=Secret(key)))


def test_a_private_key_that_the_host_does_not_know(connection: SshConnection, tmp_path: Path) -> None:
    key = Secret(new_key(tmp_path / "key").read_text())
    said = failure(replace(connection, private_key=key))
    assert "Add the public key of ssh.key_data to the authorized_keys of" in said


def test_a_server_that_closes_the_connection(connection: SshConnection) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        under_way = start_look([at(connection, port=port)], PRINT_FACTS, str, 10)
        server.accept()[0].close()
        [answer] = under_way.wait().values()
    assert isinstance(answer, NoAnswer)
    assert answer.reason.startswith(f"127.0.0.1:{port} closed the connection.")


def test_output_without_end_is_cut_off(connection: SshConnection) -> None:
    started = time.monotonic()
    for words in (["yes"], ["sh", "-c", "yes >&2"]):
        assert failure(connection, words).startswith(f"it printed more than {MOST_BYTES} bytes.")
    assert time.monotonic() - started < 8


def test_a_command_that_prints_something_else(connection: SshConnection) -> None:
    assert failure(connection, ["echo", "hello"]).startswith("it did not print its facts (")
    assert failure(connection, ["true"]).startswith("it did not print its facts (")


def test_what_the_host_tool_says_is_told_as_it_is(connection: SshConnection) -> None:
    said = failure(connection, ["sh", "-c", "echo 'host_tool: install: Python 3.9 is needed.' >&2; exit 1"])
    assert said == "Python 3.9 is needed."


def test_a_shell_that_ends_silently(connection: SshConnection) -> None:
    assert failure(connection, ["sh", "-c", "exit 3"]).startswith("its shell ended with exit status 3.")


def test_no_openssh(connection: SshConnection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    said = failure(connection)
    assert said.startswith("OpenSSH's client `ssh` cannot be run here")
    assert "pulumi config set deploy:inspect false" in said


# Through a jump host: whether it is the jump host that a message is about.


def test_a_jump_host_that_refuses_connections(connection: SshConnection) -> None:
    port = unused_port()
    said = failure(through(connection, connection, port=port))
    assert said.startswith(f"127.0.0.1:{port} (the jump host) refuses connections.")


def test_a_jump_host_whose_name_cannot_be_resolved(connection: SshConnection) -> None:
    said = failure(through(connection, connection, host="no-such-host.invalid"))
    assert said.startswith(f"the name in no-such-host.invalid:{connection.endpoint.port} (the jump host) cannot")


def test_a_jump_host_that_does_not_answer(connection: SshConnection) -> None:
    with black_hole() as port:
        said = failure(through(connection, connection, port=port), limit=4)
    assert said.startswith(f"127.0.0.1:{port} (the jump host) does not answer.")


def test_a_jump_host_with_another_host_key(connection: SshConnection, tmp_path: Path) -> None:
    other = new_public_key(tmp_path)
    said = failure(through(connection, connection, known_keys=(other,)))
    assert said.startswith(f"127.0.0.1:{connection.endpoint.port} (the jump host) shows another host key")


def test_a_jump_host_that_does_not_let_the_user_in(connection: SshConnection) -> None:
    said = failure(through(connection, connection, user="nobody-of-that-name"))
    assert said.startswith(f"127.0.0.1:{connection.endpoint.port} (the jump host) does not let nobody-of-that-name in")


def test_a_jump_host_that_may_not_forward(connection: SshConnection, tmp_path: Path) -> None:
    with running_ssh_server(tmp_path, "AllowTcpForwarding no") as jump:
        key = Secret(jump.private_key)
        said = failure(through(connection_to(jump), replace(connection, private_key=key)))
    assert said.startswith(f"the jump host cannot reach 127.0.0.1:{connection.endpoint.port}.")
    assert "AllowTcpForwarding" in said


def test_a_host_that_refuses_the_jump_host(connection: SshConnection) -> None:
    port = unused_port()
    said = failure(through(connection, at(connection, port=port)))
    assert said.startswith(f"the jump host cannot reach 127.0.0.1:{port}.")


def test_a_host_that_does_not_answer_the_jump_host(connection: SshConnection) -> None:
    with black_hole() as port:
        said = failure(through(connection, at(connection, port=port)), limit=4)
    assert said.startswith(f"127.0.0.1:{port} does not answer.")


def test_a_host_behind_the_jump_host_with_another_host_key(connection: SshConnection, tmp_path: Path) -> None:
    other = new_public_key(tmp_path)
    said = failure(through(connection, at(connection, known_keys=(other,))))
    assert said.startswith(f"127.0.0.1:{connection.endpoint.port} shows another host key")


def test_a_host_behind_the_jump_host_that_does_not_let_the_user_in(connection: SshConnection) -> None:
    said = failure(through(connection, at(connection, user="nobody-of-that-name")))
    assert said.startswith(f"127.0.0.1:{connection.endpoint.port} does not let nobody-of-that-name in.")
