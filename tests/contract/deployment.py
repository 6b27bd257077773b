"""A stack on the real engine whose program changes from run to run, and the programs and connections of the tests."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi import automation
from pulumi_command import local, remote

from tests.contract.ssh_server import SshServer

Program = Callable[[], None]


@dataclass(frozen=True)
class Journal:
    """A file in which the commands of a test record that they ran."""

    path: Path

    def lines(self) -> list[str]:
        """Return what the commands have written so far."""
        return self.path.read_text().splitlines() if self.path.exists() else []

    def write(self, words: str) -> str:
        """Return a shell command that writes these words. The shell expands them."""
        return f'echo "{words}" >>{self.path}'


@dataclass(frozen=True)
class Deployment:
    """A stack whose program changes from run to run. Its state is in `state_dir`."""

    stack: automation.Stack
    state_dir: Path

    def up(self, program: Program) -> automation.UpResult:
        """Deploy the program.

        Raises:
            automation.CommandError: The update fails. The text is the engine's output.
        """
        self.stack.workspace.program = program
        return self.stack.up()

    def steps(self, program: Program) -> list[str]:
        """Deploy the program and return what the engine did to its commands: "create", "update", "same" and so on."""
        steps: list[str] = []

        def note(event: automation.EngineEvent) -> None:
            step = event.resource_pre_event and event.resource_pre_event.metadata
            if step and step.type.startswith("command:"):
                steps.append(step.op.value)

        self.stack.workspace.program = program
        self.stack.up(on_event=note)
        return steps

    def messages(self, program: Program) -> dict[str, list[str]]:
        """Deploy the program and return what was shown for each command while it ran, by the command's name."""
        messages: dict[str, list[str]] = {}

        def note(event: automation.EngineEvent) -> None:
            shown = event.diagnostic_event
            if shown and shown.severity != "debug":
                messages.setdefault((shown.urn or "").rpartition("::")[2], []).append(shown.message.strip())

        self.stack.workspace.program = program
        self.stack.up(on_event=note)
        return messages

    def preview(self, program: Program) -> automation.PreviewResult:
        """Preview the program."""
        self.stack.workspace.program = program
        return self.stack.preview()

    def failure(self, program: Program) -> str:
        """Deploy a program that has to fail and return the engine's output."""
        with pytest.raises(automation.CommandError) as failure:
            self.up(program)
        return str(failure.value)

    def use_agent(self, socket: str) -> None:
        """Let the next runs use another SSH agent; an empty string stands for none."""
        self.stack.workspace.env_vars = {**self.stack.workspace.env_vars, "SSH_AUTH_SOCK": socket}

    def destroy(self) -> None:
        """Delete all resources.

        Raises:
            automation.CommandError: A deletion fails. The text is the engine's output.
        """
        self.stack.destroy()

    def state(self) -> str:
        """Return everything that the backend has stored, as it is in its files: state, history and backups."""
        return "".join(path.read_text() for path in self.state_dir.rglob("*") if path.is_file())


def connection_to(host: SshServer, **changes: Any) -> remote.ConnectionArgs:
    """Return how the project connects to the host: with the agent's key and a pinned host key. `changes` replace arguments."""
    arguments: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": host.port,
        "user": host.user,
        "host_key": host.host_key,
        "dial_error_limit": 1,
        "per_dial_timeout": 5,
    }
    return remote.ConnectionArgs(**{**arguments, **changes})


def remote_command(connection: remote.ConnectionArgs, **arguments: Any) -> Program:
    """Return a program with one remote command, called "it", whose output it exports."""

    def program() -> None:
        it = remote.Command("it", connection=connection, add_previous_output_in_env=False, **arguments)
        pulumi.export("stdout", it.stdout)
        pulumi.export("stderr", it.stderr)

    return program


def local_command(**arguments: Any) -> Program:
    """Return a program with one local command, called "it", whose output it exports."""

    def program() -> None:
        it = local.Command("it", add_previous_output_in_env=False, **arguments)
        pulumi.export("stdout", it.stdout)
        pulumi.export("stderr", it.stderr)

    return program
