"""Programs that are built from Go modules, each kept under a key of all that it is built from."""

import errno
import hashlib
import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from dev.toolchain.layout import BIN, BUILT, CLI_VERSION, SDK_VERSION, SHARED, EngineError
from dev.toolchain.progress import run, say

HERE = Path(__file__).resolve().parent

# Seconds that one build may take, downloads included.
LIMIT = 1800

CLI_FLAGS = f"-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v{CLI_VERSION}"


@dataclass(frozen=True)
class Piece:
    """A program: the folder here that pins it, the package to build, and how long that takes with empty caches."""

    folder: str
    program: str
    package: str
    title: str
    minutes: str
    flags: str = ""
    tags: str = ""

    @property
    def source(self) -> Path:
        """The folder with go.mod."""
        return HERE / self.folder

    def key(self) -> str:
        """A hash of the files that it is built from, how it is built, and the Go release."""
        digest = hashlib.sha256(f"{self.package} {self.flags} {self.tags} {go_version()}".encode())
        for file in sorted(self.source.rglob("*")):
            if file.is_file() and not file.name.endswith(("_test.go", ".md")):
                digest.update(f"\0{file.relative_to(self.source)}\0".encode() + file.read_bytes())
        return digest.hexdigest()[:12]

    def built(self) -> Path:
        """Where the program is once it is built."""
        return BUILT / f"{self.program}-{self.key()}"

    def is_built(self) -> bool:
        """Whether it is there; without Go nothing was built, and that is no fault."""
        return shutil.which("go") is not None and self.built().exists()

    def build(self, number: int, count: int) -> Path:
        """Build it unless it is there; returns its path.

        :raises EngineError: when Go is missing or the build fails.
        """
        built = self.built()
        if not built.exists():
            say(f"[{number}/{count}] {self.title}: building from Go modules, {self.minutes} with empty caches")
            unfinished = built.with_suffix(".unfinished")
            words = ["go", "build", "-trimpath", f"-ldflags=-s -w {self.flags}", f"-tags={self.tags}"]
            run(
                self.title,
                [*words, "-o", str(unfinished), self.package],
                self.source,
                BUILT / f"{self.program}.log",
                {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly", "GOWORK": "off"},
                LIMIT,
            )
            unfinished.rename(built)
            # In a shared folder another clone may still use the older one.
            if not SHARED:
                self._forget_older(built)
        return built

    def _forget_older(self, built: Path) -> None:
        for old in BUILT.glob(f"{self.program}-*"):
            if old.is_file() and old.name.rpartition("-")[0] == self.program and old != built:
                old.unlink()

    def link(self, built: Path) -> None:
        """Make it the program of that name in the engine's bin folder."""
        link(built, self.program)


CLI = Piece(
    "cli",
    "pulumi",
    "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
    f"Pulumi CLI {CLI_VERSION}",
    "about 5 min",
    flags=CLI_FLAGS,
)
LANGUAGE_HOST = Piece(
    "language-python",
    "pulumi-language-python",
    "github.com/pulumi/pulumi/sdk/v3/python/cmd/pulumi-language-python",
    "Python language host",
    "about 30 s",
)
KAMAL_PROXY = Piece(
    "kamal-proxy", "kamal-proxy", "github.com/basecamp/kamal-proxy/cmd/kamal-proxy", "kamal-proxy 0.9.2", "about 30 s"
)
VEGETA = Piece("vegeta", "vegeta", "github.com/tsenart/vegeta/v12", "vegeta 12.12.0 (load for tests)", "about 1 min")
PLUGINS = {
    "docker": Piece("docker", "pulumi-resource-docker", ".", "docker plugin 5.2.0", "about 5 min", tags="no_compose"),
    "command": Piece("command", "pulumi-resource-command", ".", "command plugin 1.2.1", "about 1 min"),
}


# The script of the Python SDK that the language host runs.
EXECUTOR = "pulumi-language-python-exec"


def go_version() -> str:
    """What `go version` says.

    :raises EngineError: when there is no Go, or one too old to get a newer one.
    """
    if not shutil.which("go"):
        raise EngineError(
            "Go 1.26 is needed, and there is none: kamal-proxy is always built from Go modules, and so is all of the "
            "engine that cannot be downloaded. Install Go and run this again."
        )
    found = subprocess.run(["go", "version"], capture_output=True, text=True, check=True, timeout=30).stdout.strip()
    release = re.search(r"go(\d+)\.(\d+)", found)
    # Since 1.21 Go gets the release that go.mod asks for by itself.
    if release and (int(release[1]), int(release[2])) < (1, 21):
        raise EngineError(f"Go 1.26 is needed, and this is {release[0]}: install a newer Go and run this again.")
    return found


def install_executor() -> None:
    """Put the SDK's executor script beside the language host, which looks for it there."""
    built = BUILT / f"{EXECUTOR}-{SDK_VERSION}"
    if not built.exists():
        module = f"github.com/pulumi/pulumi/sdk/v3@v{SDK_VERSION}"
        words = ["go", "mod", "download", "-json", module]
        # Outside any module: the SDK is none of ours.
        done = subprocess.run(words, cwd=BUILT, capture_output=True, text=True, timeout=LIMIT)
        if done.returncode:
            raise EngineError(f"{module} could not be had: {done.stderr.strip() or done.stdout.strip()}")
        script = Path(json.loads(done.stdout)["Dir"]) / "python/cmd" / EXECUTOR
        unfinished = built.with_name(f"{built.name}.unfinished")
        unfinished.write_bytes(script.read_bytes())
        unfinished.chmod(0o755)
        unfinished.rename(built)
    link(built, EXECUTOR)


def link(program: Path, name: str) -> None:
    """Have `name` in the bin folder; a hard link, as the language host looks beside its own real path."""
    BIN.mkdir(parents=True, exist_ok=True)
    unfinished = BIN / f".{name}"
    unfinished.unlink(missing_ok=True)
    # Renaming one of two links to the same file does nothing, and would leave both.
    if (BIN / name).exists() and (BIN / name).samefile(program):
        return
    try:
        os.link(program, unfinished)
    except OSError as error:
        # A shared folder may be on another disk, or another user's.
        if error.errno not in (errno.EXDEV, errno.EPERM):
            raise
        shutil.copy2(program, unfinished)
    unfinished.replace(BIN / name)
