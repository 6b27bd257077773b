"""The official Pulumi CLI, where it is installed or can be downloaded."""

import os
import platform
import re
import shutil
import subprocess
import tarfile
import urllib.error
import urllib.request
from pathlib import Path

from engine.layout import BIN, BUILT, CLI_VERSION
from engine.progress import say

# Overridden in tests, and by those who keep a mirror.
BASE = os.environ.get("PULUMI_DOWNLOAD_BASE", "https://get.pulumi.com/releases/sdk")

# The oldest release that knows what the program uses: resource hooks.
OLDEST = (3, 200)

# Seconds until a server that does not answer is given up.
CONNECT_TIMEOUT = 5


def installed_cli() -> Path | None:
    """The user's own `pulumi`, if it is new enough and has the Python language host."""
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        program = shutil.which("pulumi", path=folder)
        if program and Path(folder).resolve() != BIN.resolve() and _usable(Path(program)):
            return Path(program)
    return None


def _usable(program: Path) -> bool:
    host = program.resolve().parent / "pulumi-language-python"
    if not host.exists() and not shutil.which("pulumi-language-python", path=str(program.parent)):
        return False
    done = subprocess.run([program, "version"], capture_output=True, text=True, timeout=30)
    found = re.match(r"v(\d+)\.(\d+)", done.stdout)
    return found is not None and (int(found[1]), int(found[2])) >= OLDEST


def download_url() -> str:
    """Where the CLI for this machine is published."""
    machine = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}.get(platform.machine(), "x64")
    return f"{BASE}/pulumi-v{CLI_VERSION}-{platform.system().lower()}-{machine}.tar.gz"


def downloaded_cli() -> Path | None:
    """The folder of the official CLI of `CLI_VERSION`, downloaded once; None where it cannot be reached."""
    folder = BUILT / f"pulumi-official-{CLI_VERSION}"
    if folder.exists():
        return folder
    archive = BUILT / "pulumi.tar.gz"
    say(f"looking for the official Pulumi CLI {CLI_VERSION}")
    try:
        with urllib.request.urlopen(download_url(), timeout=CONNECT_TIMEOUT) as answer, archive.open("wb") as file:
            shutil.copyfileobj(answer, file)
        unfinished = BUILT / "pulumi-official.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        with tarfile.open(archive) as tar:
            tar.extractall(unfinished, filter="data")
        (unfinished / "pulumi").rename(folder)
        return folder
    except (urllib.error.URLError, OSError, tarfile.TarError) as error:
        reason = getattr(error, "reason", error)
        say(f"it cannot be downloaded here ({reason}); what is missing is built from package registries")
        return None
    finally:
        archive.unlink(missing_ok=True)
