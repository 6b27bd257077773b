"""The resource plugins in the project's own Pulumi home."""

import os
import subprocess
import time
from pathlib import Path

from dev.toolchain.layout import BUILT, PULUMI_HOME, EngineError
from dev.toolchain.official import reachable
from dev.toolchain.pieces import Piece
from dev.toolchain.progress import say

# Seconds that Pulumi may take to install one plugin, download included.
INSTALL_LIMIT = 600

# Seconds until a site that refused the official plugin is asked again: each refusal takes some seconds of retries.
ASK_AGAIN = 24 * 3600


def folder(name: str, version: str) -> Path:
    """Where the engine looks for the plugin."""
    return PULUMI_HOME / "plugins" / f"resource-{name}-v{version}"


def install_official(pulumi: Path, name: str, version: str) -> bool:
    """Have the official plugin; False where it cannot be downloaded."""
    if folder(name, version).exists() and not _marker(name, version).exists():
        return True
    marker = _marker(name, version)
    if marker.exists() and time.time() - marker.stat().st_mtime < ASK_AGAIN:
        return False
    if reachable():
        say(f"{name} plugin {version}: downloading")
        fault = _install(pulumi, name, version)
        if fault is None:
            return True
        say(f"  it cannot be had ({fault.splitlines()[-1]}); the one that is built from Go modules stands in")
    if marker.exists():
        marker.touch()
    return False


def install_built(pulumi: Path, name: str, version: str, piece: Piece, program: Path) -> None:
    """Have the plugin as built here, and again when what it is built from has changed.

    :raises EngineError: when Pulumi does not take it.
    """
    marker = _marker(name, version)
    if folder(name, version).exists() and marker.exists() and marker.read_text() == piece.key():
        return
    fault = _install(pulumi, name, version, "--file", str(program))
    if fault is not None:
        raise EngineError(f"the {name} plugin could not be installed: {fault}")
    marker.write_text(piece.key())


def _install(pulumi: Path, name: str, version: str, *options: str) -> str | None:
    words = [str(pulumi), "plugin", "install", "resource", name, version, "--reinstall", *options]
    environment = {**os.environ, "PULUMI_HOME": str(PULUMI_HOME), "PULUMI_SKIP_UPDATE_CHECK": "true"}
    try:
        done = subprocess.run(words, cwd=BUILT, env=environment, capture_output=True, text=True, timeout=INSTALL_LIMIT)
    except subprocess.TimeoutExpired:
        return f"it took more than {INSTALL_LIMIT} s"
    if done.returncode:
        return done.stderr.strip() or done.stdout.strip() or f"pulumi ended with status {done.returncode}"
    # Only now is what was there before gone.
    _marker(name, version).unlink(missing_ok=True)
    return None


def _marker(name: str, version: str) -> Path:
    """Says what a plugin that was built here is built from."""
    return PULUMI_HOME / "plugins" / f"resource-{name}-v{version}.built"
