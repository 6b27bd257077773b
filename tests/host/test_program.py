"""The program itself, before it meets a host."""

import subprocess

import pytest

from components.host_tool import bootstrap_text, host_tool_hash, host_tool_text


def test_shellcheck_finds_nothing_in_the_program() -> None:
    done = subprocess.run(["shellcheck", "-"], input=host_tool_text(), text=True, capture_output=True)
    assert done.stdout == ""


def test_shellcheck_finds_nothing_in_the_bootstrap() -> None:
    program = f"# shellcheck shell=dash\n{bootstrap_text()}\n"
    done = subprocess.run(["shellcheck", "-"], input=program, text=True, capture_output=True)
    assert done.stdout == ""


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
