"""The download of the official Pulumi CLI."""

import hashlib
import http.client
import os
import platform
import shutil
import tarfile
import time
import urllib.error
import urllib.request
import zlib
from functools import cache
from pathlib import Path, PurePosixPath

from dev.toolchain import paths, versions
from dev.toolchain.errors import ToolchainError
from dev.toolchain.progress import INTERVAL, say

# Can name a mirror.
BASE = os.environ.get("PULUMI_DOWNLOAD_BASE", "https://get.pulumi.com/releases/sdk")

# Seconds to wait for a server that does not answer.
CONNECT_TIMEOUT = 5

# Seconds for the whole download, which is about 200 MB.
DOWNLOAD_LIMIT = 900

# What a server or proxy that is not Pulumi's, or a connection that breaks, can lead to.
UNREACHABLE = (OSError, EOFError, http.client.HTTPException, tarfile.TarError, zlib.error)


def cli_url() -> str:
    """Return the address of the CLI for this machine."""
    names = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64"}
    # For other machines Pulumi publishes nothing; their own name leads to "not found".
    machine = names.get(platform.machine(), platform.machine())
    return f"{BASE}/pulumi-v{versions.CLI}-{platform.system().lower()}-{machine}.tar.gz"


def checksums_url() -> str:
    """Return the address of the release's SHA-256 checksums."""
    return f"{BASE}/pulumi-{versions.CLI}-checksums.txt"


@cache
def reachable() -> bool:
    """Return whether Pulumi's downloads are reachable. Asked once a run: Pulumi's own attempts take much longer."""
    try:
        request = urllib.request.Request(cli_url(), method="HEAD")
        with urllib.request.urlopen(request, timeout=CONNECT_TIMEOUT):
            return True
    except UNREACHABLE as error:
        say(f"Pulumi's downloads are not reachable ({_reason(error)})")
        return False


def downloaded_cli() -> Path | None:
    """Download the official CLI unless that was done before.

    Returns:
        The folder of its programs, or None if it cannot be downloaded.

    Raises:
        ToolchainError: What was downloaded is not what Pulumi published.
    """
    folder = paths.BUILT / f"pulumi-official-{versions.CLI}"
    if folder.exists():
        return folder
    archive = paths.BUILT / "pulumi.tar.gz"
    unfinished = paths.BUILT / "pulumi-official.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    say(f"Pulumi CLI {versions.CLI}: downloading")
    try:
        _check(_download(cli_url(), archive))
        _unpack(archive, unfinished)
        unfinished.rename(folder)
        return folder
    except UNREACHABLE as error:
        say(f"  it cannot be downloaded ({_reason(error)}); it is built from Go modules instead")
        return None
    finally:
        archive.unlink(missing_ok=True)
        shutil.rmtree(unfinished, ignore_errors=True)


def _download(url: str, archive: Path) -> str:
    """Write what is at `url` to a file, and return its SHA-256."""
    started = last_message = time.monotonic()
    digest = hashlib.sha256()
    with urllib.request.urlopen(url, timeout=CONNECT_TIMEOUT) as response, archive.open("wb") as file:
        # `read1` returns what has arrived, so a slow server cannot outlast the limit.
        while block := response.read1(1 << 20):
            file.write(block)
            digest.update(block)
            now = time.monotonic()
            if now - started > DOWNLOAD_LIMIT:
                raise TimeoutError(f"it took more than {DOWNLOAD_LIMIT} s")
            if now - last_message > INTERVAL:
                last_message = now
                say(f"  {file.tell() >> 20} MB so far, {now - started:.0f} s")
        # `read1` does not notice that a connection was cut. A mirror in a folder (file://) has no length.
        if getattr(response, "length", None):
            raise EOFError(f"the connection was cut after {file.tell()} bytes")
    return digest.hexdigest()


def _check(digest: str) -> None:
    """Compare the SHA-256 of the downloaded CLI with the published one; say so if there is none to compare with."""
    url = checksums_url()
    name = cli_url().rpartition("/")[2]
    try:
        with urllib.request.urlopen(url, timeout=CONNECT_TIMEOUT) as response:
            lines = response.read(1 << 20).decode(errors="replace").splitlines()
    except UNREACHABLE as error:
        say(f"  its checksum could not be checked: {url} cannot be read ({_reason(error)})")
        return
    published = [words[0] for words in map(str.split, lines) if words[1:] == [name]]
    if not published:
        say(f"  its checksum could not be checked: {url} has none of {name}")
    elif published[0].lower() != digest:
        raise ToolchainError(
            f"{cli_url()} was downloaded, but its SHA-256 is {digest} and {url} says {published[0]}. "
            "The file was damaged or changed on the way and is not kept. Run this again; if the error stays, "
            "install Pulumi yourself (https://www.pulumi.com/docs/install/)."
        )


def _unpack(archive: Path, folder: Path) -> None:
    """Write the files of the archive into `folder`.

    Only the last part of each name is used, so that no file lands elsewhere. `extractall(filter=…)` would do this, too,
    but Debian 12's Python does not have it.

    Raises:
        tarfile.TarError: The archive is damaged, or has no `pulumi`.
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


def _reason(error: BaseException) -> str:
    """Return why something could not be read, without the words that urllib puts around it."""
    if isinstance(error, urllib.error.HTTPError):
        return f"HTTP status {error.code}"
    return str(getattr(error, "reason", error))
