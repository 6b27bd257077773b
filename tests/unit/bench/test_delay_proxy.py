"""A server on this machine that seems to be far away."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.bench.delay_proxy import Address, DelayProxy

ROUND_TRIP = 0.1


@contextmanager
def echo_server() -> Iterator[Address]:
    """A server that sends back to one client what it gets."""

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            while piece := connection.recv(2**16):
                connection.sendall(piece)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, daemon=True).start()
        yield listener.getsockname()


def receive(connection: socket.socket, count: int) -> bytes:
    received = b""
    while len(received) < count:
        piece = connection.recv(2**16)
        assert piece, "the connection ended"
        received += piece
    return received


def test_an_answer_takes_a_round_trip_and_the_first_one_a_handshake_more() -> None:
    with (
        echo_server() as server,
        DelayProxy([server], ROUND_TRIP) as proxy,
        socket.create_connection(proxy.addresses[0], 5) as connection,
    ):
        times = []
        for _ in range(4):
            started = time.monotonic()
            connection.sendall(b"x")
            assert receive(connection, 1) == b"x"
            times.append(time.monotonic() - started)
    first, *others = times
    assert first >= 2 * ROUND_TRIP
    assert min(others) >= ROUND_TRIP
    # A busy machine may delay some, not all.
    assert min(others) < 1.5 * ROUND_TRIP


def test_throughput_is_not_limited_and_nothing_is_lost() -> None:
    data = bytes(range(256)) * 2**14
    with (
        echo_server() as server,
        DelayProxy([server], ROUND_TRIP) as proxy,
        socket.create_connection(proxy.addresses[0], 5) as connection,
    ):
        started = time.monotonic()
        sender = threading.Thread(target=connection.sendall, args=[data])
        sender.start()
        assert receive(connection, len(data)) == data
        # These are 64 pieces or more; one after the other they would take 32 round trips.
        assert time.monotonic() - started < 16 * ROUND_TRIP
        sender.join(5)


def test_the_end_of_the_client_reaches_the_server_and_back() -> None:
    with (
        echo_server() as server,
        DelayProxy([server], ROUND_TRIP) as proxy,
        socket.create_connection(proxy.addresses[0], 5) as connection,
    ):
        connection.sendall(b"last")
        connection.shutdown(socket.SHUT_WR)
        assert receive(connection, 4) == b"last"
        assert connection.recv(1) == b""


def test_each_server_has_an_address_of_its_own() -> None:
    with (
        echo_server() as first,
        echo_server() as second,
        DelayProxy([first, second], 0) as proxy,
    ):
        assert len({address for address, _ in proxy.addresses}) == 2
        for address in proxy.addresses:
            with socket.create_connection(address, 5) as connection:
                connection.sendall(b"x")
                assert receive(connection, 1) == b"x"


def test_the_end_of_the_proxy_cuts_connections_and_nothing_listens_any_more() -> None:
    with echo_server() as server:
        with DelayProxy([server], 0) as proxy:
            address = proxy.addresses[0]
            connection = socket.create_connection(address, 5)
            connection.sendall(b"x")
            assert receive(connection, 1) == b"x"
        with connection:
            assert connection.recv(1) == b""
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(address, 5)


def test_a_server_that_does_not_answer_ends_the_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        nobody: Address = listener.getsockname()
    with (
        DelayProxy([nobody], 0) as proxy,
        socket.create_connection(proxy.addresses[0], 5) as connection,
    ):
        assert connection.recv(1) == b""
