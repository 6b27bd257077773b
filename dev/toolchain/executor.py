"""The script that the language host starts a Python program with; it is part of Pulumi's Python SDK."""

import json
import subprocess
from pathlib import Path

from dev.toolchain import paths, versions
from dev.toolchain.errors import ToolchainError
from dev.toolchain.go_programs import link

NAME = "pulumi-language-python-exec"

# Seconds for the download of the SDK.
DOWNLOAD_LIMIT = 600


def install() -> None:
    """Put the script beside the language host, which looks for it there.

    Raises:
        ToolchainError: The SDK cannot be downloaded.
    """
    kept = paths.BUILT / f"{NAME}-{versions.SDK}"
    if not kept.exists():
        unfinished = kept.with_name(f"{kept.name}.unfinished")
        unfinished.write_bytes((_sdk() / "python/cmd" / NAME).read_bytes())
        unfinished.chmod(0o755)
        unfinished.rename(kept)
    link(kept, NAME)


def _sdk() -> Path:
    """Download the Go module of Pulumi's SDKs, and return its folder."""
    module = f"github.com/pulumi/pulumi/sdk/v3@v{versions.SDK}"
    words = ["go", "mod", "download", "-json", module]
    # Not in a folder with a go.mod: no module here requires the SDK at this version.
    done = subprocess.run(words, cwd=paths.BUILT, capture_output=True, text=True, timeout=DOWNLOAD_LIMIT)
    if done.returncode:
        raise ToolchainError(f"{module} could not be downloaded: {done.stderr.strip() or done.stdout.strip()}")
    return Path(json.loads(done.stdout)["Dir"])
