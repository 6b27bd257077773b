"""An image with Debian's own Redis and PostgreSQL: real servers to run beside an app, as no registry with any can be reached."""

import re
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from dev.lock import exclusive_lock
from dev.sandbox import packages
from dev.sandbox.commands import run
from dev.sandbox.docker import docker
from dev.sandbox.errors import SandboxError
from dev.sandbox.images import Image, archive, ensure, file, folder, link
from dev.sandbox.paths import Paths
from dev.sandbox.sandbox import Sandbox

SERVERS = "sandbox/servers:1"

POSTGRES_USER = 70
"""User and group that PostgreSQL runs as: it refuses root."""

POSTGRES_DATA = "/var/lib/postgresql/data"

ROOTS = ("redis-server", "postgresql")

# The packages that are unpacked, of all that those need. The compiler of PostgreSQL's queries is 100 MB, and does without.
WANTED = re.compile(r"(redis-server|redis-tools|postgresql-\d+|postgresql-client-\d+|tzdata|zlib1g|lib(?!llvm|perl).*)")

# As the official image does: a data folder that is empty is made a database, which other containers may reach. In the sandbox it
# needs no password.
START_POSTGRES = f"""\
#!/bin/sh
set -e
if ! [ -s {POSTGRES_DATA}/PG_VERSION ]; then
    initdb --pgdata {POSTGRES_DATA} --username postgres --auth trust --no-sync >/dev/null
    echo 'host all all all trust' >>{POSTGRES_DATA}/pg_hba.conf
fi
exec postgres -D {POSTGRES_DATA} -c listen_addresses='*' -c unix_socket_directories=/tmp "$@"
"""


def servers(paths: Paths, say: Callable[[str], None]) -> Image:
    """Return an image with `redis-server`, `redis-cli`, `start-postgres` and `psql`, and busybox's commands.

    It is made once, and kept in the clone.

    Args:
        paths: The sandbox's paths.
        say: Prints a line.
    """
    program = packages.busybox()
    if not program:
        raise SandboxError("busybox-static is not installed.")
    with exclusive_lock(
        paths.servers.with_suffix(".lock"), waiting_for="another process that makes it", limit=600, say=say
    ):
        if not paths.servers.exists():
            say("making the image with Redis and PostgreSQL from Debian's packages")
            new = paths.servers.with_suffix(".new")
            new.write_bytes(archive(_files(program)))
            new.replace(paths.servers)
    path = "ENV PATH=/usr/lib/postgresql/bin:/usr/bin:/bin"
    return Image(SERVERS, paths.servers.read_bytes(), (path, 'CMD ["redis-server", "--protected-mode", "no"]'))


def publish(sandbox: Sandbox, repository: str, *tags: str) -> dict[str, str]:
    """Push the image to the sandbox's registry, each tag with a label of its own so that it is another image.

    Args:
        sandbox: The running sandbox.
        repository: The repository, without the registry's server.
        tags: The tags.

    Returns:
        By tag, `repository:tag@sha256:…` without the registry's server.
    """
    paths, registry = sandbox.paths, sandbox.inventory().registry
    socket = paths.deployer_socket
    ensure(servers(paths, sandbox.say), socket, "deployer", sandbox.say)
    password = Path(registry.password_file).read_text().strip()
    config = ("--config", str(paths.data / "docker-for-servers"))
    login = ("login", registry.server, "--username", registry.username, "--password-stdin")
    docker(socket, *config, *login, stdin=password.encode())
    pushed = {}
    for tag in tags:
        name = f"{registry.server}/{repository}:{tag}"
        docker(socket, "build", "--quiet", "--tag", name, "-", stdin=f"FROM {SERVERS}\nLABEL tag={tag}\n".encode())
        docker(socket, *config, "push", "--quiet", name, timeout=120)
        digest = docker(socket, "image", "inspect", "--format", "{{index .RepoDigests 0}}", name).strip()
        pushed[tag] = f"{repository}:{tag}@{digest.partition('@')[2]}"
    return pushed


def _files(program: Path) -> Iterator[tuple[tarfile.TarInfo, bytes]]:
    yield file("bin/busybox", program.read_bytes(), 0o755)
    for command in run([str(program), "--list"]).split():
        if command != "busybox":
            yield link(f"bin/{command}", "busybox")
    yield file(
        "etc/passwd", f"root:x:0:0::/root:/bin/sh\npostgres:x:{POSTGRES_USER}:{POSTGRES_USER}::/:/bin/sh\n".encode()
    )
    yield file("etc/group", f"root:x:0:\npostgres:x:{POSTGRES_USER}:\n".encode())
    yield folder("root", 0o700)
    yield folder("tmp", 0o1777)
    yield folder(POSTGRES_DATA.strip("/"), 0o700, POSTGRES_USER)
    yield file("usr/bin/start-postgres", START_POSTGRES.encode(), 0o755)
    with tempfile.TemporaryDirectory() as scratch:
        tree = Path(scratch, "tree")
        _unpack(tree, Path(scratch))
        yield from _programs(tree)


def _unpack(tree: Path, scratch: Path) -> None:
    """Unpack the packages and what they need, wherever they are installed on this machine."""
    packages.find_system_programs()
    if not shutil.which("apt-get"):
        raise SandboxError("Redis and PostgreSQL are taken from Debian's packages, and there is no apt-get here.")
    # As if nothing were installed.
    status = scratch / "status"
    status.touch()
    words = ["apt-get", "-o", f"Dir::State::status={status}", "-o", "Debug::NoLocking=1", "-q", "-y"]
    planned = run([*words, "--no-install-recommends", "--print-uris", "install", *ROOTS], timeout=120)
    names = re.findall(r"^'\S+' ([^_\s]+)_", planned, re.MULTILINE)
    downloads = scratch / "downloads"
    downloads.mkdir()
    run(["apt-get", "-q", "download", *filter(WANTED.fullmatch, names)], cwd=downloads, timeout=300)
    for package in downloads.glob("*.deb"):
        run(["dpkg-deb", "--extract", str(package), str(tree)])


def _programs(tree: Path) -> Iterator[tuple[tarfile.TarInfo, bytes]]:
    """Yield the servers with their libraries and data."""
    (postgres,) = (tree / "usr/lib/postgresql").iterdir()
    share = tree / "usr/share/postgresql" / postgres.name
    bins = [*(postgres / "bin" / name for name in ("postgres", "initdb", "psql", "pg_isready"))]
    redis = [tree / "usr/bin" / name for name in ("redis-server", "redis-cli")]
    modules = [path for path in (postgres / "lib").glob("*.so") if not path.name.startswith("llvmjit")]
    for path in bins:
        yield file(f"usr/lib/postgresql/{postgres.name}/bin/{path.name}", path.read_bytes(), 0o755)
        yield link(f"usr/lib/postgresql/bin/{path.name}", f"../{postgres.name}/bin/{path.name}")
    for path in redis:
        yield file(f"usr/bin/{path.name}", path.resolve().read_bytes(), 0o755)
    for path in [*modules, *share.rglob("*"), *(tree / "usr/share/zoneinfo" / name for name in ("UTC", "GMT"))]:
        if path.is_file():
            yield file(str(path.relative_to(tree)), path.read_bytes())
    yield from _libraries(tree, [*bins, *redis, *modules])


def _libraries(tree: Path, programs: Iterable[Path]) -> Iterator[tuple[tarfile.TarInfo, bytes]]:
    """Yield the loader and the libraries of programs, where the loader looks for them."""
    (loader,) = {path.resolve() for path in (tree / "lib64").glob("ld-linux*")} or {
        path.resolve() for path in (tree / "lib").glob("ld-linux*")
    }
    folders = ":".join(str(path) for where in ("lib", "usr/lib") for path in (tree / where).glob("*-linux-gnu*"))
    found: set[str] = set()
    for program in programs:
        listed = run([str(loader), "--library-path", folders, "--list", str(program)])
        if missing := re.findall(r"(\S+) => not found", listed):
            raise SandboxError(f"{program.name} needs {', '.join(missing)}, which none of the unpacked packages has.")
        found |= set(re.findall(rf"({re.escape(str(tree))}/\S+)", listed))
    for name in sorted(found - {str(loader)}):
        path = Path(name)
        yield file(f"usr/lib/{path.name}", path.read_bytes())
    for where in ("lib64", "lib"):
        for path in (tree / where).glob("ld-linux*"):
            yield file(f"{where}/{path.name}", loader.read_bytes(), 0o755)
