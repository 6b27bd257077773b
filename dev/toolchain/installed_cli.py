"""The Pulumi CLI that the user has installed."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from dev.toolchain.progress import say

# The first release with error hooks that get all errors of a failed build.
LEAST_VERSION = (3, 244)

LANGUAGE_HOST = "pulumi-language-python"

UPGRADE = "Upgrade it (https://www.pulumi.com/docs/install/), or continue with the one that is set up here instead."


def installed_cli() -> Path | None:
    """Return the first suitable `pulumi` on the PATH, and tell the user about each one that is not suitable."""
    folders = [Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep) if folder]
    # After `. .local/env` the PATH has the programs that were built here, or in another clone.
    folders = [folder for folder in folders if folder.resolve().parts[-3:] != (".local", "engine", "bin")]
    seen = set()
    for folder in folders:
        found = shutil.which("pulumi", path=str(folder))
        program = Path(found) if found else None
        if not program or program.resolve() in seen:
            continue
        seen.add(program.resolve())
        problem = _problem(program, folders)
        if problem is None:
            return program
        say(f"{program} is not used: {problem} {UPGRADE}")
    return None


def _problem(program: Path, folders: list[Path]) -> str | None:
    """Return a sentence about why this CLI is not suitable, or None."""
    needed = ".".join(str(part) for part in LEAST_VERSION)
    environment = {**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"}
    try:
        done = subprocess.run([program, "version"], capture_output=True, text=True, timeout=30, env=environment)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"it does not run ({error})."
    output = done.stdout.strip()
    version = re.match(r"v?(\d+)\.(\d+)", output)
    if version is None:
        return f"it does not say which version it is (`pulumi version` printed {output!r}), and {needed} is needed."
    if (int(version[1]), int(version[2])) < LEAST_VERSION:
        return f"it is version {output.removeprefix('v')}, and {needed} or newer is needed."
    places = [program.resolve().parent, *folders]
    if not any(shutil.which(LANGUAGE_HOST, path=str(place)) for place in places):
        return f"its Python language host, {LANGUAGE_HOST}, is neither beside it nor on the PATH."
    return None
