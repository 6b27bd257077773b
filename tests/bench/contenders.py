"""What is compared: an empty Pulumi program, the app deployed by the program, and the app deployed by hand."""

import itertools
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from dev.sandbox import Host, Sandbox
from dev.sandbox.errors import SandboxError
from tests.bench.by_hand import ByHand
from tests.bench.delay_proxy import DelayProxy
from tests.bench.empty_program import EmptyProgram
from tests.bench.event_log import ENVIRONMENT
from tests.e2e.stack import Stack

ROUND_TRIP = 0.05
"""Seconds that a packet takes to the far hosts and back."""

numbers = itertools.count(1)


def change(stack: Stack) -> None:
    """Commit a change of the stack's app."""
    stack.write("page.html", f"<p>{next(numbers)}</p>")
    stack.commit()


def _remove(stack: Stack) -> None:
    """Take from the hosts what a stack has deployed."""
    # An update that was interrupted has left a lock on the state.
    stack.pulumi("cancel", "--yes", check=False)
    stack.destroy()


class Contenders:
    """The contenders, each made and deployed when it is first asked for."""

    def __init__(self, folder: Path, cleanup: ExitStack) -> None:
        """Make none yet.

        Args:
            folder: Where their files are.
            cleanup: Takes from the hosts what they have put there.
        """
        self.folder, self.cleanup = folder, cleanup
        self.sandbox = Sandbox()

    @cached_property
    def empty_program(self) -> EmptyProgram:
        """The floor of everything."""
        return EmptyProgram(self.folder, self.sandbox.environment())

    @cached_property
    def two_hosts(self) -> Stack:
        """The app on two hosts."""
        return self._deployed("bench-two", self._hosts(2))

    @cached_property
    def four_hosts(self) -> Stack:
        """The app on four hosts."""
        return self._deployed("bench-four", self._hosts(4))

    @cached_property
    def far_hosts(self) -> Stack:
        """The app on two hosts that are a longer round trip away."""
        hosts = self._hosts(2)
        proxy = self.cleanup.enter_context(DelayProxy([(host.address, host.port) for host in hosts], ROUND_TRIP))
        far = [
            replace(host, address=address, port=port)
            for host, (address, port) in zip(hosts, proxy.addresses, strict=True)
        ]
        return self._deployed("bench-far", far)

    def by_hand(self, stack: Stack) -> ByHand:
        """Return the same app on the same hosts, deployed by hand."""
        # After the stack's first deploy, which has started the proxy, and cleaned up before the stack removes the proxy.
        by_hand = self.cleanup.enter_context(ByHand(stack, self.sandbox))
        by_hand.deploy()
        return by_hand

    def _hosts(self, count: int) -> Sequence[Host]:
        hosts = self.sandbox.inventory().hosts[:count]
        if len(hosts) < count:
            raise SandboxError(f"This needs {count} hosts, and there are {len(hosts)}. `make bench` starts them.")
        return hosts

    def _deployed(self, name: str, hosts: Sequence[Host]) -> Stack:
        inventory = replace(self.sandbox.inventory(), hosts=tuple(hosts))
        stack = Stack(self.folder / name, name, inventory, {**self.sandbox.environment(), **ENVIRONMENT})
        self.cleanup.callback(_remove, stack)
        stack.configure(
            ssh={
                "users": {host.address: host.user for host in hosts},
                "ports": {host.address: host.port for host in hosts},
                "host_keys": {host.address: host.host_key for host in hosts},
            }
        )
        stack.up()
        # The second version: from now on there is one to go back to.
        change(stack)
        stack.up()
        return stack
