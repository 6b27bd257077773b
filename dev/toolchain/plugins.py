"""The resource plugins, in Pulumi homes of this clone."""

import os
import subprocess
import time
from pathlib import Path

from dev.toolchain import paths
from dev.toolchain.download import reachable
from dev.toolchain.errors import ToolchainError
from dev.toolchain.progress import say

# Seconds for `pulumi plugin install`, download included.
INSTALL_LIMIT = 600

# Seconds until an official plugin that could not be downloaded is tried again: each attempt takes some seconds.
RETRY_AFTER = 24 * 3600


def folder(name: str, version: str) -> Path:
    """Return where Pulumi looks for the plugin in the sandbox's home."""
    return paths.SANDBOX_HOME / "plugins" / f"resource-{name}-v{version}"


def install_official(pulumi: Path, name: str, version: str) -> bool:
    """Install the official plugin unless it is installed; return whether it now is."""
    marker = _marker(name, version)
    if not marker.exists():
        if folder(name, version).exists():
            return True
    elif time.time() - marker.stat().st_mtime < RETRY_AFTER:
        return False
    if reachable():
        say(f"{name} plugin {version}: downloading")
        error = _install(pulumi, name, version)
        if error is None:
            return True
        say(f"  it cannot be downloaded ({error.splitlines()[-1]}); a stand-in is built from Go modules instead")
    if marker.exists():
        marker.touch()
    return False


def install_stand_in(pulumi: Path, name: str, version: str, program: Path) -> None:
    """Install the plugin that was built here, unless this very build is installed.

    Raises:
        ToolchainError: Pulumi refuses it.
    """
    marker = _marker(name, version)
    if folder(name, version).exists() and marker.exists() and marker.read_text() == program.name:
        return
    error = _install(pulumi, name, version, "--file", str(program))
    if error is not None:
        raise ToolchainError(f"the {name} plugin could not be installed: {error}")
    marker.write_text(program.name)


def offer_stand_ins() -> None:
    """Let the user's own stacks find the stand-ins: their Pulumi home has the same plugins as the sandbox's."""
    # Private, because `pulumi login` keeps credentials in it.
    paths.STAND_IN_HOME.mkdir(mode=0o700, exist_ok=True)
    link = paths.STAND_IN_HOME / "plugins"
    if not link.is_symlink():
        link.symlink_to(os.path.relpath(paths.SANDBOX_HOME / "plugins", paths.STAND_IN_HOME))


def _install(pulumi: Path, name: str, version: str, *options: str) -> str | None:
    """Run `pulumi plugin install`; return its error message, or None."""
    words = [str(pulumi), "plugin", "install", "resource", name, version, "--reinstall", *options]
    environment = {**os.environ, "PULUMI_HOME": str(paths.SANDBOX_HOME), "PULUMI_SKIP_UPDATE_CHECK": "true"}
    try:
        done = subprocess.run(
            words, cwd=paths.BUILT, env=environment, capture_output=True, text=True, timeout=INSTALL_LIMIT
        )
    except subprocess.TimeoutExpired:
        return f"it took more than {INSTALL_LIMIT} s"
    if done.returncode:
        return done.stderr.strip() or done.stdout.strip() or f"pulumi ended with status {done.returncode}"
    # Not before: until now the earlier plugin was there.
    _marker(name, version).unlink(missing_ok=True)
    return None


def _marker(name: str, version: str) -> Path:
    """Return the file that says which build a stand-in is. An official plugin has none."""
    return paths.SANDBOX_HOME / "plugins" / f"resource-{name}-v{version}.built"
