"""Ports of the host that kamal-proxy needs and something else has."""

import socket
from collections.abc import Iterator
from subprocess import CompletedProcess
from typing import Any

import pytest

from components.host_tool.docker.client import DockerClient
from components.host_tool.docker.engine import Docker
from components.host_tool.facts.ports import listening_ports, taken_ports
from components.host_tool.program import INSPECT_LIMIT
from components.host_tool.proxy_container import REPLACED
from components.inspection.look import LIMIT


class Publishing(DockerClient):
    """An engine with one container, which publishes every port."""

    def __init__(self, name: str) -> None:
        self._name = name

    def run(self, *words: str, **_: Any) -> CompletedProcess[str]:
        line = f'{{"id":"1","name":"{self._name}","state":"running","release":"","version":""}}\n' if self._name else ""
        return CompletedProcess(words, 0, line, "")


@pytest.fixture
def port() -> Iterator[int]:
    """A port that is listened on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield int(server.getsockname()[1])


@pytest.mark.parametrize(
    ("container", "holder"),
    [("squatter", "the container squatter"), ("", "another program")],
    ids=["container", "program"],
)
def test_a_port_that_something_else_has_is_told_with_what_has_it(port: int, container: str, holder: str) -> None:
    assert taken_ports(Docker(Publishing(container)), [port], ()) == {str(port): holder}


@pytest.mark.parametrize("container", ["kamal-proxy", REPLACED])
def test_a_port_of_kamal_proxy_itself_is_not_taken_even_in_the_middle_of_a_replacement(
    port: int, container: str
) -> None:
    assert taken_ports(Docker(Publishing(container)), [port], ()) == {}


def test_a_port_that_nothing_listens_on_is_free(port: int) -> None:
    assert taken_ports(Docker(Publishing("squatter")), [1], ()) == {}


def test_only_listening_sockets_count() -> None:
    table = (
        "  sl  local_address rem_address   st\n   0: 00000000:0050 00000000:0000 0A 0\n   1: 0100007F:01BB 0:0 01 0\n"
    )
    assert listening_ports([table]) == {80}


def test_a_host_whose_docker_hangs_says_so_before_the_deployer_stops_waiting() -> None:
    assert INSPECT_LIMIT < LIMIT
