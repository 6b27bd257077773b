"""Fixtures of the contract tests: a host, and a stack on the real engine."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from pulumi import automation
from pulumi_command import remote

from tests.contract.deployment import Deployment, Journal, connection_to
from tests.contract.ssh_server import SshServer, running_ssh_server


@pytest.fixture(scope="session")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshServer]:
    """A real SSH server on the loopback interface."""
    with running_ssh_server(tmp_path_factory.mktemp("ssh")) as server:
        yield server


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    """The test's journal, which is empty at first."""
    return Journal(tmp_path / "journal")


@pytest.fixture
def deployment(tmp_path: Path, host: SshServer) -> Deployment:
    """An empty stack with its state in the test's own folder."""
    if shutil.which("pulumi") is None:
        pytest.fail("pulumi is not on PATH: run `make test`, or `. .local/sandbox/env` before pytest")
    work_dir, state_dir = tmp_path / "project", tmp_path / "state"
    work_dir.mkdir()
    state_dir.mkdir()
    stack = automation.create_stack(
        stack_name="test",
        project_name="contract",
        program=lambda: None,
        opts=automation.LocalWorkspaceOptions(
            work_dir=str(work_dir),
            project_settings=automation.ProjectSettings("contract", "python", main=str(work_dir)),
            env_vars={
                "PULUMI_BACKEND_URL": f"file://{state_dir}",
                "PULUMI_CONFIG_PASSPHRASE": "test",
                "PULUMI_CONFIG_PASSPHRASE_FILE": "",
                "PULUMI_SKIP_UPDATE_CHECK": "true",
                "SSH_AUTH_SOCK": host.agent_socket,
            },
        ),
    )
    return Deployment(stack, state_dir)


@pytest.fixture
def connection(host: SshServer) -> remote.ConnectionArgs:
    """How the project connects to the host: with the agent's key and a pinned host key."""
    return connection_to(host)
