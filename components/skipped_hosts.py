"""Hosts that `skip_hosts` leaves out: their resources stay in the state as they are, and nobody contacts the hosts."""

from collections.abc import Sequence

import pulumi

from .command import remote_command
from .errors import HostError
from .inspection import StackState
from .settings import Settings
from .ssh_connection import SshConnection, SshEndpoint


def check_skipped_hosts(settings: Settings, state: StackState) -> None:
    """Check that it is known what the stack has of the hosts that are left out.

    Raises:
        HostError: It is not: to declare nothing of them would be to tear them down.
    """
    for host in settings.skip_hosts:
        if not state.known or state.has(f"{host}-prepare"):
            why = (
                "its resources are of an older release"
                if state.known
                else "this engine does not tell the stack's state"
            )
            raise HostError(f"skip_hosts: {host} cannot be left out, because {why}. Deploy to all hosts once.")


def keep_skipped_hosts(
    deploy: str,
    settings: Settings,
    state: StackState,
    *,
    parent: pulumi.Resource,
    release: pulumi.Resource,
) -> None:
    """Declare what the stack has of the hosts that are left out. It stays as it is, whatever the settings say.

    A host that leaves the settings afterwards is forgotten without being contacted.

    Args:
        deploy: The name of the deploy.
        settings: The settings of the deploy, with every host.
        state: The stack's resources.
        parent: The deploy.
        release: Its release.
    """
    for address in settings.skip_hosts:
        _SkippedHost(f"{deploy}-{address}", address, state).declare(settings, parent, release)


class _SkippedHost:
    """The resources of one host, declared in the order in which they depend on each other."""

    def __init__(self, host: str, address: str, state: StackState) -> None:
        # The engine takes all inputs from the state. A Command needs some connection all the same.
        self._connection = SshConnection(SshEndpoint(address, "", 0), jump=None, private_key=None, dial_timeout=0)
        self._host, self._address, self._state = host, address, state
        self._declared: list[pulumi.Resource] = []

    def declare(self, settings: Settings, parent: pulumi.Resource, release: pulumi.Resource) -> None:
        """Declare the components and Commands that the state has."""
        host = self._component("kamal:index:Host", self._host, parent)
        names = [f"{self._host}-{role.name}" for role in settings.roles_on(self._address)]
        accessories = [f"{self._host}-{each.name}-accessory" for each in settings.accessories_on(self._address)]
        # The names of teardowns end with what is torn down.
        teardowns = self._state.commands(*(f"{name}-teardown-" for name in (*accessories, *names)))
        self._commands(host, *teardowns, f"{self._host}-prepare")
        for name in accessories:
            self._commands(host, f"{name}-secrets", f"{name}-certificate")
            self._commands(self._component("kamal:index:Accessory", name, parent), name)
        for name in names:
            self._commands(host, f"{name}-secrets", f"{name}-certificate")
            self._commands(self._component("kamal:index:Role", name, release), f"{name}-candidate", f"{name}-switch")

    def _component(self, kind: str, name: str, parent: pulumi.Resource) -> pulumi.Resource | None:
        if not self._state.has_component(kind, name):
            return None
        return pulumi.ComponentResource(kind, name, None, _as_it_is(parent))

    def _commands(self, parent: pulumi.Resource | None, *names: str) -> None:
        for name in filter(self._state.has, names) if parent else ():
            self._declared.append(remote_command(name, self._connection, opts=_as_it_is(parent, self._declared)))


def _as_it_is(parent: pulumi.Resource | None, depends_on: Sequence[pulumi.Resource] = ()) -> pulumi.ResourceOptions:
    return pulumi.ResourceOptions(
        parent=parent, depends_on=list(depends_on), ignore_changes=["*"], retain_on_delete=True
    )
