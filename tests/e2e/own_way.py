"""A way to a host that only one stack uses, so that it can be cut off while other tests run."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from dev.sandbox import Sandbox
from dev.sandbox.inventory import Host
from tests.e2e.stack import Stack


class OwnWay:
    """A port of a host that leads to its SSH server."""

    def __init__(self, host: Host, sandbox: Sandbox) -> None:
        self.host, self._sandbox = host, sandbox
        # Tests that run side by side are processes of their own.
        self.port = 20000 + os.getpid() % 10000

    def open(self) -> None:
        """Open the port."""
        self._redirect("--insert")

    def close(self) -> None:
        """Close the port: connections to it are refused."""
        self._redirect("--delete")

    @contextmanager
    def cut_off(self) -> Iterator[None]:
        """Keep the port closed."""
        self.close()
        try:
            yield
        finally:
            self.open()

    def _redirect(self, verb: str) -> None:
        rule = ["PREROUTING", "--protocol", "tcp", "--dport", str(self.port), "--jump", "REDIRECT", "--to-ports", "22"]
        self._sandbox.run(self.host.name, ["iptables", "--table", "nat", verb, *rule], user="root").check_returncode()


@contextmanager
def own_way(stack: Stack, host: Host, sandbox: Sandbox) -> Iterator[OwnWay]:
    """Have a stack reach a host by a port of its own."""
    way = OwnWay(host, sandbox)
    way.open()
    stack.configure(ssh={**stack.ssh, "ports": {host.address: str(way.port)}})
    try:
        yield way
    finally:
        way.close()
