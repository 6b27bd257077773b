"""The sandbox's command line."""

import os
import shutil
import subprocess
import sys

import pytest

from dev.sandbox import cli
from dev.sandbox.errors import SandboxError


@pytest.fixture
def not_root(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes this process look as if an ordinary user ran it."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)


@pytest.mark.usefixtures("not_root")
def test_a_user_with_sudo_runs_the_same_python_and_module_as_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: "/usr/bin/true")
    executed: list[list[str]] = []
    monkeypatch.setattr(os, "execv", lambda _, words: executed.append(words))
    cli.become_root(["up", "--hosts", "3"])
    assert executed == [["/usr/bin/true", "-n", sys.executable, "-m", "dev.sandbox", "up", "--hosts", "3"]]


@pytest.mark.usefixtures("not_root")
def test_a_user_without_sudo_is_told_what_the_sandbox_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(SandboxError, match="root or sudo without a password"):
        cli.become_root(["up"])


def test_the_module_runs() -> None:
    words = [sys.executable, "-m", "dev.sandbox", "--help"]
    assert "up" in subprocess.run(words, capture_output=True, text=True, check=True, timeout=30).stdout
