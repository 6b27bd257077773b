"""The Python environments, made from the lock files."""

import hashlib
import os
import shutil
import sys
from pathlib import Path

from dev.toolchain.layout import BUILT, EngineError
from dev.toolchain.progress import run, say


def ensure(folder: Path, lock: Path) -> None:
    """Have a virtual environment in `folder` that holds what `lock` pins, no more and no less.

    :raises EngineError: when it cannot be made.
    """
    wanted = hashlib.sha256(lock.read_bytes() + sys.version.encode()).hexdigest()
    marker = folder / "made-from"
    if marker.exists() and marker.read_text() == wanted:
        return
    say(f"Python environment {folder.name}: installing {lock.name}, about 30 s")
    try:
        import ensurepip  # noqa: F401  # Debian keeps it in a package of its own
    except ImportError:
        raise EngineError("Python has no venv module: apt-get install python3-venv, then run this again.") from None
    shutil.rmtree(folder, ignore_errors=True)
    environment = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    environment.pop("VIRTUAL_ENV", None)
    run(
        "the Python environment",
        [sys.executable, "-m", "venv", str(folder)],
        BUILT,
        BUILT / "venv.log",
        environment,
        300,
    )
    # Python 3.11 puts it there, unpinned; nothing needs it, and the engine lists all packages at every run.
    remove = [str(folder / "bin/python"), "-m", "pip", "uninstall", "--yes", "setuptools"]
    run("removing setuptools", remove, BUILT, BUILT / "venv.log", environment, 60)
    install = [str(folder / "bin/python"), "-m", "pip", "install", "--require-hashes", "-r", str(lock)]
    run(f"the packages of {lock.name}", install, BUILT, BUILT / "pip.log", environment, 900)
    marker.write_text(wanted)
