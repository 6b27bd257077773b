"""The scripts of the first contact, before they meet a host."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from components.host_tool.program import FOLDER, bootstrap_words, inspect_words


@pytest.mark.parametrize("script", ["bootstrap.sh", "inspect.sh"])
def test_shellcheck_finds_nothing(script: str) -> None:
    """The shellcheck of the tests' environment, or else this machine's."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    words = ["shellcheck", str(FOLDER / script)]
    done = subprocess.run(words, text=True, capture_output=True, env={**os.environ, "PATH": path})
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.mark.parametrize("shell", [["dash"], ["bash", "--posix"], ["busybox", "sh"]], ids=lambda words: words[0])
@pytest.mark.parametrize("words", [bootstrap_words("shop"), inspect_words("shop")], ids=["prepare", "inspect"])
def test_every_shell_of_a_docker_host_can_read_them(shell: list[str], words: list[str]) -> None:
    done = subprocess.run([*shell, "-n"], input=words[2], text=True, capture_output=True)
    assert (done.returncode, done.stderr) == (0, "")
