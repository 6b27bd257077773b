"""The images that a sandbox needs and cannot download: kamal-proxy, and busybox as the sample app's base.

They are written straight into the format of `docker save`, so the same files give the same image id on every machine.
"""

import hashlib
import io
import json
import platform
import tarfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dev.sandbox import docker_api, packages, registry
from dev.sandbox.commands import run
from dev.sandbox.errors import SandboxError
from dev.sandbox.inventory import Registry
from dev.sandbox.layout import Layout

PROXY = "basecamp/kamal-proxy:v0.9.2"
BASE = "sandbox/base:1"
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
# User and home of the official kamal-proxy image.
PROXY_USER = 1000
PROXY_HOME = "home/kamal-proxy"


@dataclass(frozen=True)
class Image:
    """One layer (a tar) with its configuration (JSON); `id` is `sha256:…` as Docker shows it."""

    layer: bytes
    config: bytes

    @property
    def id(self) -> str:
        return f"sha256:{hashlib.sha256(self.config).hexdigest()}"

    def archive(self, names: Iterable[str]) -> bytes:
        """What `docker load` reads; the image is called `names`."""
        manifest = [{"Config": "config.json", "RepoTags": list(names), "Layers": ["layer.tar"]}]
        content = {"config.json": self.config, "layer.tar": self.layer, "manifest.json": json.dumps(manifest).encode()}
        return tar([file(name, 0o644, data) for name, data in content.items()])


def kamal_proxy(layout: Layout) -> Image:
    """kamal-proxy on an empty image, laid out as the official one: no entrypoint, a user and a home of its own."""
    if not layout.kamal_proxy.exists():
        raise SandboxError(f"{layout.kamal_proxy} is missing: the engine step of `make` builds it. Run that first.")
    passwd = f"root:x:0:0::/:\nkamal-proxy:x:{PROXY_USER}:{PROXY_USER}::/{PROXY_HOME}:\n"
    entries = [
        file("etc/passwd", 0o644, passwd.encode()),
        *(folder(path, 0o700, PROXY_USER) for path in (PROXY_HOME, f"{PROXY_HOME}/.config")),
        # A named volume that is mounted here takes over owner and mode.
        folder(f"{PROXY_HOME}/.config/kamal-proxy", 0o700, PROXY_USER),
        folder("tmp", 0o1777),
        file("usr/local/bin/kamal-proxy", 0o755, layout.kamal_proxy.read_bytes()),
    ]
    return image(
        entries,
        User="kamal-proxy",
        Env=["PATH=/usr/local/bin", f"HOME=/{PROXY_HOME}"],
        Cmd=["kamal-proxy", "run"],
        ExposedPorts={"80/tcp": {}, "443/tcp": {}},
        Labels={"org.opencontainers.image.title": "kamal-proxy"},
    )


def base() -> Image:
    """busybox with a link for each of its commands."""
    program = packages.busybox()
    if not program:
        raise SandboxError("busybox-static is not installed.")
    commands = run([str(program), "--list"]).split()
    entries = [
        file("bin/busybox", 0o755, program.read_bytes()),
        *(link(f"bin/{command}", "busybox") for command in commands if command != "busybox"),
        file("etc/passwd", 0o644, b"root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n"),
        file("etc/group", 0o644, b"root:x:0:\nnogroup:x:65534:\n"),
        folder("root", 0o700),
        folder("tmp", 0o1777),
    ]
    return image(entries, Env=["PATH=/bin"], Cmd=["sh"])


def image(entries: Iterable[tuple[tarfile.TarInfo, bytes]], **settings: Any) -> Image:
    layer = tar(entries)
    config = {
        "architecture": ARCHITECTURES.get(platform.machine(), platform.machine()),
        "os": "linux",
        # Fixed: the id must not depend on when it was made.
        "created": "2026-01-01T00:00:00Z",
        "config": settings,
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}"]},
        "history": [{"created_by": "sandbox"}],
    }
    return Image(layer, json.dumps(config, sort_keys=True).encode())


def tar(entries: Iterable[tuple[tarfile.TarInfo, bytes]]) -> bytes:
    output = io.BytesIO()
    with tarfile.open(fileobj=output, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for info, data in entries:
            archive.addfile(info, io.BytesIO(data))
    return output.getvalue()


def file(path: str, mode: int, data: bytes) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(path)
    info.mode, info.size = mode, len(data)
    return info, data


def folder(path: str, mode: int, owner: int = 0) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(path)
    info.type, info.mode, info.uid, info.gid = tarfile.DIRTYPE, mode, owner, owner
    return info, b""


def link(path: str, target: str) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(path)
    info.type, info.linkname = tarfile.SYMTYPE, target
    return info, b""


def ensure(engine: Path, where: str, content: Image, name: str, say: Callable[[str], None]) -> None:
    """Make sure that the engine at the socket `engine` has `content` under `name`; `where` is for the message."""
    if docker_api.image_id(engine, name) != content.id:
        say(f"{where}: loading the image {name}")
        docker_api.load(engine, content.archive([name]))


def publish(
    layout: Layout, engine: Path, target: Registry, content: Image, name: str, say: Callable[[str], None]
) -> None:
    """Make sure that the registry has `content` under `name`, pushed by the engine at the socket `engine`."""
    remote = f"{target.server}/{name}"
    known = docker_api.image_id(engine, remote) == content.id
    if known and registry.has(layout, target, *name.split(":")):
        return
    say(f"registry: pushing {name}")
    docker_api.load(engine, content.archive([remote]))
    password = Path(target.password_file).read_text()
    docker_api.push(engine, remote, target.username, password)
