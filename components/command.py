"""The seam to a shell, on a host or on the deployer: no other file imports `pulumi_command`.

What all Commands have in common is decided here once: words are quoted, the host key is pinned, dials are limited, and
a secret becomes a Pulumi secret that travels on standard input or in the environment and is never echoed.
"""

import shlex
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import pulumi
from pulumi_command import local, remote

from .host_tool.json_codec import from_json, to_json
from .secret import Secret
from .ssh_connection import SshConnection, SshEndpoint

DIAL_RETRIES = 2
"""How often a failed dial is repeated: enough for a lost packet or sshd's MaxStartups, and few enough that a wrong key
does not lock the deployer out (fail2ban counts each attempt)."""

RemoteCommand = remote.Command
"""What `remote_command` declares, for the modules that only pass it on."""

Value = pulumi.Input[str] | Secret
"""A text that may be known later, and may be secret."""

T = TypeVar("T")


def pulumi_secret(value: Value) -> pulumi.Input[str]:
    """Return a value as Pulumi takes it: a Secret as a Pulumi secret, which is encrypted in the state."""
    return pulumi.Output.secret(value.reveal()) if isinstance(value, Secret) else value


def shell_line(words: Sequence[pulumi.Input[str]]) -> pulumi.Input[str]:
    """Return the words as one line for a POSIX shell, each of them quoted."""
    known = [word for word in words if isinstance(word, str)]
    if len(known) == len(words):
        return shlex.join(known)
    return pulumi.Output.all(*words).apply(lambda resolved: shlex.join(str(word) for word in resolved))


def step_input(spec: pulumi.Input[Any], *, secret: bool = False) -> pulumi.Output[str]:
    """Return what a step of the host tool reads.

    Args:
        spec: One of the dataclasses of `host_tool.spec`, which may be known later.
        secret: Whether it holds a secret. Then a preview shows none of it.
    """
    text: pulumi.Output[str] = pulumi.Output.from_input(spec).apply(to_json)
    return pulumi.Output.secret(text) if secret else text


def step_result(command: RemoteCommand, kind: type[T]) -> pulumi.Output[T]:
    """Return what a step of the host tool has printed.

    Args:
        command: The Command that runs the step.
        kind: One of the dataclasses of `host_tool.result`.
    """
    return command.stdout.apply(lambda stdout: from_json(kind, stdout))


def remote_command(
    name: str,
    connection: SshConnection,
    *,
    create: Sequence[pulumi.Input[str]] = (),
    stdin: pulumi.Input[str] | None = None,
    delete: Sequence[pulumi.Input[str]] = (),
    reason: str | None = None,
    opts: pulumi.ResourceOptions,
) -> RemoteCommand:
    """Declare a command on a host. It runs when it is new, and again in place when one of its inputs changes.

    Args:
        name: The resource's name.
        connection: The way to the host.
        create: The words of the command; none for a Command that only has a `delete`.
        stdin: What the command reads; a Pulumi secret where it holds a secret.
        delete: The words of what runs when the resource leaves the program or the stack is destroyed.
        reason: Why it has to run again although no input has changed, "" for no reason; None for a Command that never
            has one.
        opts: The parent, and what the command waits for.
    """
    if reason == "":
        # The last reason stays in the state, and is no change.
        opts.ignore_changes = [*(opts.ignore_changes or ()), "triggers"]
    return RemoteCommand(
        name,
        connection=_connection_args(connection),
        create=shell_line(create) if create else None,
        delete=shell_line(delete) if delete else None,
        stdin=stdin,
        triggers=[reason] if reason else None,
        # Standard output carries values that become outputs. Progress and errors are on standard error.
        logging=remote.Logging.STDERR,
        # If on, each update costs a refused `setenv` and a warning (pulumi-command #451, #584).
        add_previous_output_in_env=False,
        opts=opts,
    )


def local_command(
    name: str,
    *,
    create: Sequence[pulumi.Input[str]],
    environment: Mapping[str, Value] | None = None,
    stdin: pulumi.Input[str] | None = None,
    show_output: bool = True,
    folder: str | None = None,
    opts: pulumi.ResourceOptions,
) -> local.Command:
    """Declare a command on the deployer: the machine that runs Pulumi.

    Args:
        name: The resource's name.
        create: The words of the command.
        environment: Variables added to the environment of the Pulumi command line.
        stdin: What the command reads.
        show_output: Whether its standard output is shown while it runs.
        folder: Where it runs, relative to the folder of the program; by default there.
        opts: The parent, and what the command waits for.
    """
    return local.Command(
        name,
        create=shell_line(create),
        dir=folder,
        environment={key: pulumi_secret(value) for key, value in (environment or {}).items()},
        stdin=stdin,
        logging=local.Logging.STDOUT_AND_STDERR if show_output else local.Logging.STDERR,
        add_previous_output_in_env=False,
        opts=opts,
    )


def _connection_args(connection: SshConnection) -> remote.ConnectionArgs:
    # Built in one place only: a field that is secret in one run and not in the next is a diff (pulumi-command #447).
    private_key = pulumi_secret(connection.private_key) if connection.private_key else None

    def fields(endpoint: SshEndpoint) -> dict[str, Any]:
        return {
            "host": endpoint.host,
            "user": endpoint.user,
            "port": endpoint.port,
            "host_key": endpoint.host_key,
            "private_key": private_key,
            "dial_error_limit": DIAL_RETRIES,
            "per_dial_timeout": connection.dial_timeout,
        }

    jump = remote.ProxyConnectionArgs(**fields(connection.jump)) if connection.jump else None
    return remote.ConnectionArgs(**fields(connection.endpoint), proxy=jump)
