"""The Docker engine's address is the same input for everybody, and its absence is told in words."""

from pathlib import Path

import pytest

from components.errors import ImageError
from components.image.docker_engine import docker_host
from tests.unit.graph import listening_socket


def test_whichever_socket_it_is_the_input_is_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for _ in range(2):
        with listening_socket() as address:
            monkeypatch.setenv("DOCKER_HOST", address)
            assert docker_host(Path()) == "unix://.local/docker.sock"
            assert Path(".local/docker.sock").readlink() == Path(address.removeprefix("unix://"))
    assert Path(".local/.gitignore").read_text() == "*\n"


def test_without_docker_host_the_sockets_of_docker_desktop_are_found_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    with listening_socket() as address:
        found = address.removeprefix("unix://")
        monkeypatch.setattr("components.image.docker_engine.DEFAULT_SOCKETS", ("/nowhere/docker.sock", found))
        assert docker_host(Path()) == "unix://.local/docker.sock"
        assert Path(".local/docker.sock").readlink() == Path(found)


def test_an_engine_elsewhere_is_an_input_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DOCKER_HOST", "ssh://builder")
    assert docker_host(Path()) == "ssh://builder"
    assert not list(tmp_path.iterdir())


def test_an_engine_that_does_not_answer_is_told_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nothing.sock")
    with pytest.raises(ImageError, match=r"No Docker engine answers at unix://.*nothing\.sock \(No such file"):
        docker_host(tmp_path)
