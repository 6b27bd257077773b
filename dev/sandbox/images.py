"""The two images that cannot be downloaded: kamal-proxy for the hosts, and busybox to build the sample app on."""

import io
import tarfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from dev.sandbox import packages
from dev.sandbox.commands import run
from dev.sandbox.docker import docker, has_image
from dev.sandbox.errors import SandboxError
from dev.sandbox.paths import Paths
from dev.toolchain import versions

BASE = "sandbox/base:1"
KAMAL_PROXY = f"basecamp/kamal-proxy:v{versions.KAMAL_PROXY}"
# User and home in the official image of kamal-proxy.
PROXY_USER = 1000
PROXY_HOME = "home/kamal-proxy"


@dataclass(frozen=True)
class Image:
    """What `docker import` makes an image of.

    Attributes:
        name: The image's name with its tag.
        files: The image's file system, as a tar archive.
        instructions: Lines of a Dockerfile that need no files: CMD, ENV, USER and the like.
    """

    name: str
    files: bytes
    instructions: tuple[str, ...]


def ensure(image: Image, socket: Path, machine: str, say: Callable[[str], None]) -> None:
    """Import an image unless there is one of its name.

    Args:
        image: The image.
        socket: The socket of the Docker engine that shall have it.
        machine: The engine's machine, for the message.
        say: Prints a line.
    """
    if has_image(socket, image.name):
        return
    say(f"{machine}: importing the image {image.name}")
    changes = [word for line in image.instructions for word in ("--change", line)]
    docker(socket, "import", *changes, "-", image.name, stdin=image.files)


def kamal_proxy(paths: Paths) -> Image:
    """Return kamal-proxy in an image with user, home and command as in the official one, and of its programs only `rm`."""
    if not paths.kamal_proxy.exists():
        raise SandboxError(f"{paths.kamal_proxy} is missing. Build it with: python3 -m dev.toolchain --sandbox")
    passwd = f"root:x:0:0::/:\nkamal-proxy:x:{PROXY_USER}:{PROXY_USER}::/{PROXY_HOME}:\n"
    files = [
        file("etc/passwd", passwd.encode()),
        # A named volume that is mounted on the last of these gets its owner and mode.
        *(folder(f"{PROXY_HOME}{path}", 0o700, PROXY_USER) for path in ("", "/.config", "/.config/kamal-proxy")),
        folder("tmp", 0o1777),
        file("bin/busybox", busybox().read_bytes(), 0o755),
        link("bin/rm", "busybox"),
        file("usr/local/bin/kamal-proxy", paths.kamal_proxy.read_bytes(), 0o755),
    ]
    return Image(
        KAMAL_PROXY,
        archive(files),
        (
            "USER kamal-proxy",
            f"ENV PATH=/usr/local/bin:/bin HOME=/{PROXY_HOME}",
            'CMD ["kamal-proxy", "run"]',
            "EXPOSE 80 443",
            "LABEL org.opencontainers.image.title=kamal-proxy",
        ),
    )


def base() -> Image:
    """Return busybox with a link for each of its commands."""
    program = busybox()
    commands = run([str(program), "--list"]).split()
    files = [
        file("bin/busybox", program.read_bytes(), 0o755),
        *(link(f"bin/{command}", "busybox") for command in commands if command != "busybox"),
        file("etc/passwd", b"root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n"),
        file("etc/group", b"root:x:0:\nnogroup:x:65534:\n"),
        folder("root", 0o700),
        folder("tmp", 0o1777),
    ]
    return Image(BASE, archive(files), ("ENV PATH=/bin", 'CMD ["sh"]'))


def busybox() -> Path:
    """Return the busybox program, which runs in an image without libraries."""
    program = packages.busybox()
    if not program:
        raise SandboxError("busybox-static is not installed.")
    return program


def archive(entries: Iterable[tuple[tarfile.TarInfo, bytes]]) -> bytes:
    """Return a tar archive of `entries`."""
    output = io.BytesIO()
    with tarfile.open(fileobj=output, mode="w") as tar:
        for info, data in entries:
            tar.addfile(info, io.BytesIO(data))
    return output.getvalue()


def file(path: str, data: bytes, mode: int = 0o644) -> tuple[tarfile.TarInfo, bytes]:
    """Return an archive's entry for a file."""
    info = tarfile.TarInfo(path)
    info.mode, info.size = mode, len(data)
    return info, data


def folder(path: str, mode: int, owner: int = 0) -> tuple[tarfile.TarInfo, bytes]:
    """Return an archive's entry for a folder."""
    info = tarfile.TarInfo(path)
    info.type, info.mode, info.uid, info.gid = tarfile.DIRTYPE, mode, owner, owner
    return info, b""


def link(path: str, target: str) -> tuple[tarfile.TarInfo, bytes]:
    """Return an archive's entry for a symbolic link."""
    info = tarfile.TarInfo(path)
    info.type, info.linkname = tarfile.SYMTYPE, target
    return info, b""
