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
    pins = [(paths.PROJECT / lock).read_text(), *([_pinned("pip").read_text()] if for_pulumi else [])]
    made_from = hashlib.sha256("".join([*pins, sys.version]).encode()).hexdigest()
    marker = folder / "made-from"
    if marker.exists() and marker.read_text() == made_from:
        return
    say(f"{folder.name}: installing the Python packages of {lock}")
    _make(folder, with_pip=False)
    _install(folder, paths.PROJECT / lock, f"the packages of {lock}", compiled=for_pulumi)
    if for_pulumi:
        # Pulumi runs `pip list` at every run. The pip that comes with an older Python takes 0.15 s more for it.
        _install(folder, _pinned("pip"), "pip", compiled=True)
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


def _install(folder: Path, lock: Path, title: str, *, compiled: bool) -> None:
    """Install what a lock file pins: with uv, which takes 1 to 3 s where pip takes 20, or else with pip."""
    pip = _pip()
    packages = ["--require-hashes", "-r", str(lock)]
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
        lock = _pinned("uv")
        _run("uv", [*pip, "install", "--target", unfinished, "--require-hashes", "-r", lock], "uv.log")
        unfinished.rename(folder)
    return folder / "bin/uv"


def _pinned(package: str) -> Path:
    """Write a lock file of one package, as the tests' lock file pins it."""
    lock = paths.BUILT / f"{package}.txt"
    lock.write_text(versions.python_requirement(package, versions.TEST_LOCK))
    return lock


def _run(what: str, words: Sequence[str | Path], log: str) -> None:
    environment = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    environment.pop("VIRTUAL_ENV", None)
    run(what, words, paths.BUILT, paths.BUILT / log, environment, LIMIT)
