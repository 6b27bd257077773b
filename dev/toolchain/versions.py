"""The versions in use, each read from the one file that pins it: a go.mod here, or a lock file of Python packages."""

import re
from pathlib import Path

from dev.toolchain import paths

# The lock files of the deploy program, of the tests and of the sandbox.
LOCK = "requirements.txt"
TEST_LOCK = "tests/requirements.txt"
SANDBOX_LOCK = "dev/sandbox/requirements.txt"

HERE = Path(__file__).resolve().parent


def python_requirement(name: str, lock: str = LOCK) -> str:
    """Return the entry of the package `name` in a lock file: its version and hashes."""
    entry = re.search(rf"^{name}==\S+( \\\n +--hash=\S+)*", (paths.PROJECT / lock).read_text(), re.MULTILINE)
    if not entry:
        raise LookupError(f"{lock} does not pin {name}")
    return entry[0]


def python_version(name: str, lock: str = LOCK) -> str:
    """Return the version of the package `name` in a lock file."""
    return python_requirement(name, lock).split()[0].partition("==")[2]


def _go_mod(folder: str, pattern: str) -> str:
    """Return what the group of `pattern` matches in a go.mod here."""
    found = re.search(pattern, (HERE / folder / "go.mod").read_text(), re.MULTILINE)
    if not found:
        raise LookupError(f"{folder}/go.mod has no line {pattern!r}")
    return found[1]


GO = _go_mod("cli", r"^go (\S+)")
CLI = _go_mod("cli", r"github\.com/pulumi/pulumi/pkg/v3 v(\S+)")
KAMAL_PROXY = _go_mod("kamal-proxy", r"github\.com/basecamp/kamal-proxy v(\S+)")
PEBBLE = _go_mod("pebble", r"github\.com/letsencrypt/pebble/v2 v(\S+)")
VEGETA = _go_mod("vegeta", r"github\.com/tsenart/vegeta/v12 v(\S+)")
BUILDX = _go_mod("buildx", r"github\.com/docker/buildx v(\S+)")
BUILDKIT = _go_mod("buildkit", r"github\.com/moby/buildkit v(\S+)")
SDK = python_version("pulumi")
PLUGINS = {name: python_version(f"pulumi-{name}") for name in ("docker", "command")}
UV = python_version("uv", TEST_LOCK)
