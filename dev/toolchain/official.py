"""The official Pulumi CLI, where it is installed or can be downloaded."""

import http.client
import os
import platform
import re
import shutil
import subprocess
import tarfile
import time
import urllib.request
import zlib
from functools import cache
from pathlib import Path, PurePosixPath

from dev.toolchain.layout import BUILT, CLI_VERSION
from dev.toolchain.progress import INTERVAL, say

# Overridden in tests, and by those who keep a mirror.
BASE = os.environ.get("PULUMI_DOWNLOAD_BASE", "https://get.pulumi.com/releases/sdk")

# The oldest release that knows what the program uses: resource hooks.
OLDEST = (3, 200)

# Seconds until a server that does not answer is given up.
CONNECT_TIMEOUT = 5

# Seconds that the whole download may take: it is some 200 MB.
DOWNLOAD_LIMIT = 900

# What a server or a proxy that is not Pulumi's, or a connection that breaks, may lead to.
UNREACHABLE = (OSError, EOFError, http.client.HTTPException, tarfile.TarError, zlib.error)


def installed_cli() -> Path | None:
    """The user's own `pulumi`, if it is new enough and has the Python language host."""
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        program = shutil.which("pulumi", path=folder)
        if program and not _built_here(Path(folder)) and _usable(Path(program)):
            return Path(program)
    return None


def _built_here(folder: Path) -> bool:
    """Whether it is the engine's bin folder of this clone or, by a `.local/env` sourced earlier, of another one."""
    return folder.resolve().parts[-3:] == (".local", "engine", "bin")


def _usable(program: Path) -> bool:
    host = program.resolve().parent / "pulumi-language-python"
    if not host.exists() and not shutil.which("pulumi-language-python", path=str(program.parent)):
        return False
    try:
        done = subprocess.run([program, "version"], capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired) as error:
        say(f"{program} does not run and is passed over: {error}")
        return False
    found = re.match(r"v(\d+)\.(\d+)", done.stdout)
    return found is not None and (int(found[1]), int(found[2])) >= OLDEST


def download_url() -> str:
    """Where the CLI for this machine is published."""
    names = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64"}
    # Of a machine that Pulumi does not publish for there is nothing under its own name either.
    machine = names.get(platform.machine(), platform.machine())
    return f"{BASE}/pulumi-v{CLI_VERSION}-{platform.system().lower()}-{machine}.tar.gz"


@cache
def reachable() -> bool:
    """Whether Pulumi's downloads are had from here; asked once a run, as each try of a plugin takes far longer."""
    try:
        request = urllib.request.Request(download_url(), method="HEAD")
        with urllib.request.urlopen(request, timeout=CONNECT_TIMEOUT):
            return True
    except UNREACHABLE as error:
        say(f"Pulumi's downloads are not reachable here ({getattr(error, 'reason', error)})")
        return False


def downloaded_cli() -> Path | None:
    """The folder of the official CLI of `CLI_VERSION`, downloaded once; None where it cannot be reached."""
    folder = BUILT / f"pulumi-official-{CLI_VERSION}"
    if folder.exists():
        return folder
    archive = BUILT / "pulumi.tar.gz"
    unfinished = BUILT / "pulumi-official.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    say(f"looking for the official Pulumi CLI {CLI_VERSION}")
    try:
        _download(download_url(), archive)
        _unpack(archive, unfinished)
        unfinished.rename(folder)
        return folder
    except UNREACHABLE as error:
        reason = getattr(error, "reason", error)
        say(f"it cannot be downloaded here ({reason}); what is missing is built from package registries")
        return None
    finally:
        archive.unlink(missing_ok=True)
        shutil.rmtree(unfinished, ignore_errors=True)


def _download(url: str, archive: Path) -> None:
    started = said = time.monotonic()
    with urllib.request.urlopen(url, timeout=CONNECT_TIMEOUT) as answer, archive.open("wb") as file:
        # `read1` gives what is there: a server that trickles cannot outlast the limit.
        while block := answer.read1(1 << 20):
            file.write(block)
            now = time.monotonic()
            if now - started > DOWNLOAD_LIMIT:
                raise TimeoutError(f"it took more than {DOWNLOAD_LIMIT} s")
            if now - said > INTERVAL:
                said = now
                say(f"  {file.tell() >> 20} MB so far, {now - started:.0f} s")


def _unpack(archive: Path, folder: Path) -> None:
    """Write the archive's programs into `folder`.

    Only by their last name, so nothing can land elsewhere. `extractall(filter=…)` is newer than Debian 12's Python.

    :raises tarfile.TarError: when there is no `pulumi` in it.
    """
    folder.mkdir()
    with tarfile.open(archive) as tar:
        for member in tar:
            content = tar.extractfile(member) if member.isfile() else None
            if content is not None:
                program = folder / PurePosixPath(member.name).name
                with program.open("wb") as file:
                    shutil.copyfileobj(content, file)
                program.chmod(0o755)
    if not (folder / "pulumi").exists():
        raise tarfile.TarError("there is no pulumi in the archive")
