"""Docker's client as a program: what it prints, how it fails, and that it ends with what it was started for.

All other unit tests replace the client, so these run one: a script called docker.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from components.host_tool.docker.client import DockerClient, DockerError

Program = Callable[[str], DockerClient]


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    """Makes a script the client."""

    def make(script: str) -> DockerClient:
        (tmp_path / "docker").write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / "docker").chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
        return DockerClient()

    return make


def test_it_reads_its_input_and_has_the_variables_that_are_added(program: Program) -> None:
    done = program('cat; echo "$1 $NAME"').run("create", stdin="A=ü\n", env={"NAME": "x\ny"})
    assert done.stdout == "A=ü\ncreate x\ny\n"


def test_a_failure_has_its_words_and_what_it_was_asked_for(program: Program) -> None:
    client = program("echo output; echo refused >&2; exit 3")
    with pytest.raises(DockerError, match="refused") as caught:
        client.run("ps", "--all")
    assert caught.value.command == "docker ps"
    done = client.run("ps", check=False)
    assert (done.returncode, done.stdout, done.stderr) == (3, "output\n", "refused\n")


def test_bytes_are_passed_as_they_are(program: Program) -> None:
    assert program("cat").run_bytes("cp", stdin=b"\xff\r\n\0") == b"\xff\r\n\0"
    with pytest.raises(DockerError, match="no room"):
        program("echo no room >&2; exit 1").run_bytes("cp")


def test_lines_are_those_of_output_and_errors_and_the_last_of_them_say_why_it_failed(program: Program) -> None:
    # It may end some time after its last word.
    client = program("for line in 1 2 3; do echo $line; done; echo 4 >&2; exec >&- 2>&-; sleep 0.2; exit 1")
    with pytest.raises(DockerError) as caught, client.lines("pull", "image") as lines:
        assert list(lines) == ["1", "2", "3", "4"]
    assert str(caught.value) == "2\n3\n4"
    with client.lines("logs", check=False) as lines:
        assert list(lines) == ["1", "2", "3", "4"]


def test_a_stream_fails_at_its_end(program: Program) -> None:
    with program("printf archive").stream("cp") as archive:
        assert archive.read() == b"archive"
    client = program("printf arch; echo no such folder >&2; exit 1")
    with pytest.raises(DockerError, match="no such folder"), client.stream("cp") as archive:
        assert archive.read() == b"arch"


def test_it_ends_with_what_it_was_started_for(program: Program, tmp_path: Path) -> None:
    client = program(f"echo $$ >{tmp_path}/process; echo line; exec sleep 60")
    begun = time.monotonic()
    with pytest.raises(ZeroDivisionError), client.lines("logs", "--follow") as lines:
        assert next(lines) == "line"
        raise ZeroDivisionError
    assert time.monotonic() - begun < 30
    assert not Path("/proc", (tmp_path / "process").read_text().strip()).exists()
