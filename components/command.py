"""The one seam to a shell, on a host or on the deployer: no other file imports `pulumi_command`.

What every Command of this project has in common is decided here, once: words are quoted, the host key is pinned,
dials are limited, a secret travels on standard input only and is never echoed.
"""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
from pulumi_command import local, remote

from .connection import Endpoint, Target

# A dial that fails is tried again this often: enough for a dropped packet or sshd's MaxStartups, and few enough
# that a wrong key does not lock the deployer out (each try is an authentication failure for fail2ban).
DIAL_RETRIES = 2

# What `on_host` declares, by a name of our own for those who only pass it on.
HostCommand = remote.Command


@dataclass(frozen=True)
class Words:
    """A command as separate words. They become text in one place, `text`, which quotes each of them."""

    words: tuple[pulumi.Input[str], ...]

    @classmethod
    def of(cls, *words: pulumi.Input[str]) -> "Words":
        """The command made of `words`, the program's name first."""
        return cls(words)

    def text(self) -> pulumi.Output[str]:
        """The command line for a POSIX shell, each word quoted."""
        return pulumi.Output.all(*self.words).apply(lambda words: shlex.join(str(word) for word in words))


def on_host(
    name: str,
    target: Target,
    words: Words | None,
    *,
    stdin: pulumi.Input[str] | None = None,
    delete: Words | None = None,
    opts: pulumi.ResourceOptions,
) -> HostCommand:
    """Declare a command on a host. It runs when it is new and again, in place, when any of its inputs changes.

    :param words: what to run; None for a Command that only has a `delete`.
    :param stdin: what the command reads; a secret Output where it holds a secret.
    :param delete: what to run when the resource leaves the program or the stack is destroyed.
    """
    return HostCommand(
        name,
        connection=_connection(target),
        create=words.text() if words else None,
        delete=delete.text() if delete else None,
        stdin=stdin,
        # Standard output carries values (they become outputs); progress and errors are on standard error.
        logging=remote.Logging.STDERR,
        # On, it costs a refused `setenv` and a warning at each update (pulumi-command #451, #584).
        add_previous_output_in_env=False,
        opts=opts,
    )


def _connection(target: Target) -> remote.ConnectionArgs:
    # Built in one place only: a field that is once secret and once not gives spurious updates (pulumi-command #447).
    private_key = pulumi.Output.secret(target.private_key) if target.private_key else None
    jump = target.jump

    def fields(endpoint: Endpoint) -> dict[str, object]:
        return {
            "host": endpoint.host,
            "user": endpoint.user,
            "port": endpoint.port,
            "host_key": endpoint.host_key,
            "private_key": private_key,
            "dial_error_limit": DIAL_RETRIES,
            "per_dial_timeout": target.timeout,
        }

    return remote.ConnectionArgs(
        **fields(target.endpoint),  # type: ignore[arg-type]  # one dict serves both classes
        proxy=remote.ProxyConnectionArgs(**fields(jump)) if jump else None,  # type: ignore[arg-type]
    )


def on_deployer(
    name: str,
    words: Words,
    *,
    environment: Mapping[str, pulumi.Input[str]] | None = None,
    stdin: pulumi.Input[str] | None = None,
    show_output: bool = True,
    opts: pulumi.ResourceOptions,
) -> local.Command:
    """Declare a command on the machine that runs Pulumi, in the project's folder.

    :param environment: added to the environment of the Pulumi command line.
    :param show_output: whether its standard output is shown while it runs.
    """
    return local.Command(
        name,
        create=words.text(),
        environment=dict(environment or {}),
        stdin=stdin,
        logging=local.Logging.STDOUT_AND_STDERR if show_output else local.Logging.STDERR,
        add_previous_output_in_env=False,
        opts=opts,
    )


def after(parent: pulumi.Resource, *barriers: Sequence[pulumi.Resource]) -> pulumi.ResourceOptions:
    """Options of a child of `parent` that waits for every resource in `barriers`."""
    return pulumi.ResourceOptions(parent=parent, depends_on=[resource for barrier in barriers for resource in barrier])
