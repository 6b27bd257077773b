"""The virtual environments, made from the lock files."""

import hashlib
import os
import shutil
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from dev.toolchain import paths, versions
from dev.toolchain.errors import ToolchainError
from dev.toolchain.progress import run, say

# Seconds for one command, downloads included.
LIMIT = 900


def ensure(folder: Path, lock: str, *, for_pulumi: bool = False) -> None:
    """Make a virtual environment of exactly what a lock file pins, unless it is there.

    Args:
        folder: Where.
        lock: The lock file, relative to the project.
        for_pulumi: Whether it is for programs that Pulumi runs, whose language host lists the packages with pip.

    Raises:
        ToolchainError: It cannot be made.
    """
    made_from = hashlib.sha256((paths.PROJECT / lock).read_bytes() + sys.version.encode()).hexdigest()
    marker = folder / "made-from"
    if marker.exists() and marker.read_text() == made_from:
        return
    say(f"{folder.name}: installing the Python packages of {lock}")
    _make(folder, with_pip=for_pulumi)
    if for_pulumi:
        # Up to Python 3.11 it comes with pip. Nothing needs it, and Pulumi looks at every package at every run.
        uninstall = [str(folder / "bin/python"), "-m", "pip", "uninstall", "--yes", "setuptools"]
        _run("removing setuptools", uninstall, "venv.log")
    _install(folder, lock, compiled=for_pulumi)
    marker.write_text(made_from)


def _make(folder: Path, *, with_pip: bool) -> None:
    """Make an empty virtual environment; with pip that takes 4 s, without it 0.2 s."""
    shutil.rmtree(folder, ignore_errors=True)
    if not with_pip:
        _run(folder.name, [sys.executable, "-m", "venv", "--without-pip", folder], "venv.log")
        return
    if not find_spec("ensurepip"):
        raise ToolchainError("Python's venv module is not complete. Run: apt-get install python3-venv")
    _run(folder.name, [sys.executable, "-m", "venv", folder], "venv.log")


def _install(folder: Path, lock: str, *, compiled: bool) -> None:
    """Install what the lock file pins: with uv, which takes 1 to 3 s where pip takes 20, or else with pip."""
    title = f"the packages of {lock}"
    pip = _pip()
    packages = ["--require-hashes", "-r", str(paths.PROJECT / lock)]
    try:
        options = ["--system-certs", "--python", str(folder / "bin/python")]
        if compiled:
            options.append("--compile-bytecode")
        _run(title, [_uv(pip), "pip", "install", *options, *packages], "uv.log")
    except ToolchainError:
        # It does not read pip's configuration, which can name a mirror of the package index.
        say(f"  uv failed (its output is in {paths.BUILT / 'uv.log'}); installing with pip, which is slower")
        _run(title, [*pip, "--python", str(folder), "install", *packages], "pip.log")


def _pip() -> list[str]:
    """Return the command line of pip: this Python's or, as Debian has pip in a package of its own, another one."""
    if find_spec("pip"):
        return [sys.executable, "-m", "pip"]
    folder = paths.LOCAL / "venv-pip"
    if not (folder / "bin/pip").exists():
        _make(folder, with_pip=True)
    return [str(folder / "bin/python"), "-m", "pip"]


def _uv(pip: list[str]) -> Path:
    """Return the path of uv; install it with pip unless it is there."""
    folder = paths.BUILT / f"uv-{versions.UV}"
    if not folder.exists():
        unfinished = paths.BUILT / "uv.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        lock = paths.BUILT / "uv.txt"
        lock.write_text(versions.python_requirement("uv", versions.TEST_LOCK))
        _run("uv", [*pip, "install", "--target", unfinished, "--require-hashes", "-r", lock], "uv.log")
        unfinished.rename(folder)
    return folder / "bin/uv"


def _run(what: str, words: Sequence[str | Path], log: str) -> None:
    environment = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    environment.pop("VIRTUAL_ENV", None)
    run(what, words, paths.BUILT, paths.BUILT / log, environment, LIMIT)
