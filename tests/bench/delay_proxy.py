"""TCP relays that make servers on this machine seem far away."""

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import closing
from functools import partial
from threading import Thread
from typing import Self

Address = tuple[str, int]

START_LIMIT = 5
"""Seconds that the start and the end may take."""


class DelayProxy:
    """A relay in front of each of some servers: whatever passes takes half a round trip, in each direction.

    Only time is added; throughput is not limited. It runs in a thread from the beginning of a `with` block to its end,
    and never longer than the process.

    Attributes:
        addresses: Where to reach the servers, in their order: each has an address of its own on the loopback interface.
    """

    addresses: Sequence[Address]

    def __init__(self, servers: Sequence[Address], round_trip: float) -> None:
        """Describe the relays; nothing is started.

        Args:
            servers: The servers that connections go to.
            round_trip: Seconds to a server and back.
        """
        self.servers, self.round_trip = servers, round_trip

    def __enter__(self) -> Self:
        """Start to listen.

        Raises:
            OSError: It cannot listen.
        """
        started: Future[list[Address]] = Future()
        self._thread = Thread(target=lambda: asyncio.run(self._serve(started)), daemon=True)
        self._thread.start()
        self.addresses = started.result(START_LIMIT)
        return self

    def __exit__(self, *_: object) -> None:
        """Cut all connections and end."""
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join(START_LIMIT)

    async def _serve(self, started: "Future[list[Address]]") -> None:
        self._loop, self._ended = asyncio.get_running_loop(), asyncio.Event()
        try:
            relays = [
                # Any free port: another clone's bench may be running, too.
                await asyncio.start_server(partial(self._relay, server), f"127.0.1.{number}", 0)
                for number, server in enumerate(self.servers, start=1)
            ]
        except OSError as error:
            started.set_exception(error)
            return
        started.set_result([relay.sockets[0].getsockname() for relay in relays])
        await self._ended.wait()

    async def _relay(self, server: Address, from_client: StreamReader, to_client: StreamWriter) -> None:
        """Relay one connection to a server."""
        try:
            # The client's handshake was with the relay and took no time; one with the server takes a round trip.
            await asyncio.sleep(self.round_trip)
            from_server, to_server = await asyncio.open_connection(*server)
            with closing(to_server):
                await asyncio.gather(self._pass_on(from_client, to_server), self._pass_on(from_server, to_client))
        except (ConnectionError, asyncio.CancelledError):
            pass  # One side, or the end of the proxy, has cut the connection. Both sides find it closed.
        finally:
            to_client.close()

    async def _pass_on(self, source: StreamReader, target: StreamWriter) -> None:
        """Pass on each piece half a round trip after its arrival, also while further pieces arrive."""
        delay = self.round_trip / 2
        while piece := await source.read(2**16):
            self._loop.call_later(delay, target.write, piece)
        await asyncio.sleep(delay)
        target.write_eof()
