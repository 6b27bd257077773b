"""Programs that are built from Go modules, each kept under a hash of everything it is built from."""

import errno
import hashlib
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from dev.toolchain import paths, versions
from dev.toolchain.errors import ToolchainError
from dev.toolchain.progress import run, say

HERE = Path(__file__).resolve().parent

# Seconds for one build, downloads included.
BUILD_LIMIT = 1800


@dataclass(frozen=True)
class GoProgram:
    """A program that is built from the Go module in a folder here.

    Attributes:
        folder: The folder with the go.mod that pins the program's version.
        name: The name of the program.
        package: The Go package to build.
        title: What messages call it.
        duration: How long the build takes when Go's caches are empty.
        ldflags: Flags for the linker.
        tags: Build tags.
    """

    folder: str
    name: str
    package: str
    title: str
    duration: str
    ldflags: str = ""
    tags: str = ""

    @property
    def source(self) -> Path:
        """The folder with go.mod."""
        return HERE / self.folder

    def key(self) -> str:
        """Return a hash of the source, the way it is built, and the Go release."""
        digest = hashlib.sha256(f"{self.package} {self.ldflags} {self.tags} {go_version()}".encode())
        for file in sorted(self.source.rglob("*")):
            if file.is_file() and not file.name.endswith(("_test.go", ".md")):
                digest.update(f"\0{file.relative_to(self.source)}\0".encode() + file.read_bytes())
        return digest.hexdigest()[:12]

    def path(self) -> Path:
        """Return where the program is once it is built."""
        return paths.BUILT / f"{self.name}-{self.key()}"

    def is_built(self) -> bool:
        """Return whether the program is built. Without Go it is not, and that is no error."""
        return shutil.which("go") is not None and self.path().exists()

    def build(self, number: int, count: int) -> Path:
        """Build the program unless it is built, and return its path. `number` of `count` is for the message.

        Raises:
            ToolchainError: Go is missing, or the build fails.
        """
        path = self.path()
        if path.exists():
            return path
        say(f"[{number}/{count}] {self.title}: building from Go modules ({self.duration} when Go's caches are empty)")
        unfinished = path.with_suffix(".unfinished")
        words = ["go", "build", "-trimpath", f"-ldflags=-s -w {self.ldflags}", f"-tags={self.tags}"]
        run(
            self.title,
            [*words, "-o", unfinished, self.package],
            self.source,
            paths.BUILT / f"{self.name}.log",
            {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly", "GOWORK": "off"},
            BUILD_LIMIT,
        )
        unfinished.rename(path)
        # In a shared folder another clone can still use the older build.
        if not paths.SHARED:
            self._remove_older_builds(path)
        return path

    def _remove_older_builds(self, path: Path) -> None:
        for old in paths.BUILT.glob(f"{self.name}-*"):
            if old.is_file() and old.name.rpartition("-")[0] == self.name and old != path:
                old.unlink()


CLI = GoProgram(
    "cli",
    "pulumi",
    "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
    f"Pulumi CLI {versions.CLI}",
    "about 5 min",
    ldflags=f"-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v{versions.CLI}",
)
LANGUAGE_HOST = GoProgram(
    "language-python",
    "pulumi-language-python",
    "github.com/pulumi/pulumi/sdk/v3/python/cmd/pulumi-language-python",
    "Python language host",
    "about 30 s",
)
KAMAL_PROXY = GoProgram(
    "kamal-proxy",
    "kamal-proxy",
    "github.com/basecamp/kamal-proxy/cmd/kamal-proxy",
    f"kamal-proxy {versions.KAMAL_PROXY}",
    "about 30 s",
)
VEGETA = GoProgram(
    "vegeta",
    "vegeta",
    "github.com/tsenart/vegeta/v12",
    f"vegeta {versions.VEGETA} (load for the tests)",
    "about 1 min",
)
PEBBLE = GoProgram(
    "pebble",
    "pebble",
    ".",
    f"pebble {versions.PEBBLE} (ACME server)",
    "about 30 s",
)
BUILDX = GoProgram(
    "buildx",
    "docker-buildx",
    "github.com/docker/buildx/cmd/buildx",
    f"buildx {versions.BUILDX} (for the tests)",
    "about 3 min",
)
BUILDKITD = GoProgram(
    "buildkit",
    "buildkitd",
    "github.com/moby/buildkit/cmd/buildkitd",
    f"BuildKit {versions.BUILDKIT} (a remote builder for the tests)",
    "about 3 min",
)
BUILDCTL = GoProgram(
    "buildkit",
    "buildctl",
    "github.com/moby/buildkit/cmd/buildctl",
    f"buildctl {versions.BUILDKIT} (the way to a remote builder)",
    "about 30 s",
)
PLUGINS = {
    "docker": GoProgram(
        "docker",
        "pulumi-resource-docker",
        ".",
        f"docker plugin {versions.PLUGINS['docker']}",
        "about 5 min",
        tags="no_compose",
    ),
    "command": GoProgram(
        "command",
        "pulumi-resource-command",
        ".",
        f"command plugin {versions.PLUGINS['command']}",
        "about 1 min",
    ),
}


def go_version() -> str:
    """Return what `go version` prints.

    Raises:
        ToolchainError: Go is missing, or too old to download a newer release of itself.
    """
    if not shutil.which("go"):
        raise ToolchainError(
            f"Go {versions.GO} or newer is needed and was not found. kamal-proxy is always built from Go modules, and "
            "so is each part of Pulumi that cannot be downloaded. Install Go (https://go.dev/doc/install) and run this "
            "again."
        )
    output = subprocess.run(["go", "version"], capture_output=True, text=True, check=True, timeout=30).stdout.strip()
    release = re.search(r"go(\d+)\.(\d+)", output)
    # Since 1.21, Go downloads the release that go.mod asks for.
    if release and (int(release[1]), int(release[2])) < (1, 21):
        raise ToolchainError(
            f"Go {versions.GO} or newer is needed, and this is {release[0]}. Install a newer one "
            "(https://go.dev/doc/install) and run this again."
        )
    return output


def link(program: Path, name: str) -> None:
    """Make `program` available on the PATH as `name`.

    It becomes a hard link, because the language host looks for its script beside its own real path.
    """
    unfinished = paths.BIN / f".{name}"
    unfinished.unlink(missing_ok=True)
    # Renaming one of two links to the same file does nothing, and would leave both.
    if (paths.BIN / name).exists() and (paths.BIN / name).samefile(program):
        return
    try:
        os.link(program, unfinished)
    except OSError as error:
        # A shared folder can be on another disk, or belong to another user.
        if error.errno not in (errno.EXDEV, errno.EPERM):
            raise
        shutil.copy2(program, unfinished)
    unfinished.replace(paths.BIN / name)
