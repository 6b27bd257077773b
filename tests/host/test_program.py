"""The program itself, before it meets a host."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from components.host_tool.program import FOLDER, bootstrap_words

BOOTSTRAP = FOLDER / "bootstrap.sh"


def test_shellcheck_finds_nothing_in_the_bootstrap() -> None:
    """The shellcheck of the tests' environment, or else this machine's."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(["shellcheck", BOOTSTRAP], text=True, capture_output=True, env={**os.environ, "PATH": path})
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.mark.parametrize("shell", [["dash"], ["bash", "--posix"], ["busybox", "sh"]], ids=lambda words: words[0])
def test_every_shell_of_a_docker_host_can_read_the_bootstrap(shell: list[str]) -> None:
    script = bootstrap_words("shop")[2]
    done = subprocess.run([*shell, "-n"], input=script, text=True, capture_output=True)
    assert (done.returncode, done.stderr) == (0, "")
