"""How the command plugin connects to a host, and what it says when it cannot."""

import socket
from pathlib import Path

import pytest
from pulumi_command import remote

from tests.contract.deployment import Deployment, Journal, connection_to, remote_command
from tests.contract.ssh_server import SshServer, new_public_key


def test_a_command_logs_in_once_with_the_agent_that_the_environment_names(
    deployment: Deployment, connection: remote.ConnectionArgs, host: SshServer
) -> None:
    connections, logins = host.connections(), host.logins()
    deployment.up(remote_command(connection, create="true"))
    assert (host.connections(), host.logins()) == (connections + 1, logins + 1)


def test_a_private_key_logs_in(deployment: Deployment, host: SshServer) -> None:
    deployment.use_agent("")
    logins = host.logins()
    deployment.up(remote_command(connection_to(host, private_key=host.private_key), create="true"))
    assert host.logins() == logins + 1


def test_a_jump_host_leads_to_the_host(deployment: Deployment, host: SshServer, journal: Journal) -> None:
    jump = remote.ProxyConnectionArgs(host="127.0.0.1", port=host.port, user=host.user, host_key=host.host_key)
    logins = host.logins()
    deployment.up(remote_command(connection_to(host, proxy=jump), create=journal.write("ran")))
    assert journal.lines() == ["ran"]
    assert host.logins() == logins + 2


@pytest.mark.parametrize("key", ["host_key", "ecdsa_host_key"])
def test_the_pinned_type_of_host_key_is_asked_for(
    deployment: Deployment, host: SshServer, journal: Journal, key: str
) -> None:
    deployment.up(remote_command(connection_to(host, host_key=getattr(host, key)), create=journal.write("ran")))
    assert journal.lines() == ["ran"]


def test_another_host_key_fails_and_runs_nothing(
    deployment: Deployment, host: SshServer, journal: Journal, tmp_path: Path
) -> None:
    other = connection_to(host, host_key=new_public_key(tmp_path), dial_error_limit=0)
    logins = host.logins()
    failure = deployment.failure(remote_command(other, create=journal.write("ran")))
    assert "after 0 failed attempts: ssh: handshake failed: ssh: host key mismatch" in failure
    assert journal.lines() == []
    assert host.logins() == logins


def test_without_a_key_the_methods_that_were_tried_are_named(
    deployment: Deployment, connection: remote.ConnectionArgs
) -> None:
    deployment.use_agent("")
    failure = deployment.failure(remote_command(connection, create="true"))
    assert "ssh: handshake failed: ssh: unable to authenticate, attempted methods [none], no supported" in failure


def test_an_agent_that_is_gone_is_named(deployment: Deployment, connection: remote.ConnectionArgs) -> None:
    deployment.use_agent("/no/agent")
    failure = deployment.failure(remote_command(connection, create="true"))
    assert "dial unix /no/agent: connect: no such file or directory" in failure


def test_a_failed_dial_is_repeated_as_often_as_the_limit_says(deployment: Deployment, host: SshServer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    failure = deployment.failure(remote_command(connection_to(host, port=port, dial_error_limit=2), create="true"))
    assert f"after 2 failed attempts: dial tcp 127.0.0.1:{port}: connect: connection refused" in failure
    assert "Dial 2/2 failed: retrying" in failure
    assert "Dial 3/2" not in failure


def test_a_refused_environment_variable_fails_and_is_named(
    deployment: Deployment, connection: remote.ConnectionArgs, journal: Journal
) -> None:
    create = journal.write("ran")
    failure = deployment.failure(remote_command(connection, create=create, environment={"NOT_ACCEPTED": "1"}))
    assert 'could not set environment variable "NOT_ACCEPTED": ssh: setenv failed' in failure
    assert journal.lines() == []
