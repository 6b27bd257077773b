"""The program itself, before it meets a host."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from components.host_tool import bootstrap_text, host_tool_hash, host_tool_text


def shellcheck(program: str) -> str:
    """What shellcheck says: the one of the tests' environment, or else this machine's."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path}
    done = subprocess.run(["shellcheck", "-"], input=program, text=True, capture_output=True, env=environment)
    return done.stdout + done.stderr


def test_shellcheck_finds_nothing_in_the_program() -> None:
    assert shellcheck(host_tool_text()) == ""


def test_shellcheck_finds_nothing_in_the_bootstrap() -> None:
    assert shellcheck(f"# shellcheck shell=dash\n{bootstrap_text()}\n") == ""


@pytest.mark.parametrize("shell", [["dash"], ["bash", "--posix"], ["busybox", "sh"]], ids=lambda words: words[0])
def test_every_shell_of_a_docker_host_can_read_the_program(shell: list[str]) -> None:
    done = subprocess.run([*shell, "-n"], input=host_tool_text(), text=True, capture_output=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_program_survives_the_way_through_a_spec() -> None:
    """It is indented line by line: nothing but newlines may end a line, and none may be lost."""
    text = host_tool_text()
    assert text.isascii()
    assert "\n".join(text.splitlines()) + "\n" == text
    assert len(host_tool_hash(text)) == 12
