"""The resource plugins in the project's own Pulumi home."""

import os
import subprocess
from pathlib import Path

from engine.layout import BUILT, PULUMI_HOME, EngineError
from engine.pieces import Piece
from engine.progress import say


def folder(name: str, version: str) -> Path:
    """Where the engine looks for the plugin."""
    return PULUMI_HOME / "plugins" / f"resource-{name}-v{version}"


def install_official(pulumi: Path, name: str, version: str) -> bool:
    """Have the official plugin; False where it cannot be downloaded."""
    if folder(name, version).exists() and not _marker(name, version).exists():
        return True
    say(f"{name} plugin {version}: downloading")
    return _install(pulumi, name, version) is None


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
    done = subprocess.run(words, cwd=BUILT, env=environment, capture_output=True, text=True, timeout=600)
    _marker(name, version).unlink(missing_ok=True)
    return (done.stderr.strip() or done.stdout.strip()) if done.returncode else None


def _marker(name: str, version: str) -> Path:
    """Says what a plugin that was built here is built from."""
    return PULUMI_HOME / "plugins" / f"resource-{name}-v{version}.built"
