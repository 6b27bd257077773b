"""Sandboxes for tests that stop and break things, apart from the user's.

`python -m tests.own_sandbox` removes those that killed runs have left behind.
"""

import shutil
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from dev.sandbox import Sandbox

PROJECT = Path(__file__).resolve().parents[1]

# What these sandboxes share with the clone.
SHARED = (
    ".local/engine",
    ".local/env",
    ".local/pulumi/plugins",
    ".venv",
    "Pulumi.yaml",
    "__main__.py",
    "components",
    "example",
    "example-full",
)


def own_sandbox(name: str) -> Sandbox:
    """Return a stopped sandbox with a new project folder, `.local/NAME`. The name has to contain "-tests"."""
    project = PROJECT / ".local" / name
    remove(project)
    for path in SHARED:
        (project / path).parent.mkdir(parents=True, exist_ok=True)
        (project / path).symlink_to(PROJECT / path)
    return Sandbox(project)


def remove(project: Path) -> None:
    """Remove a sandbox and its project folder."""
    if project.exists():
        Sandbox(project).down()
        shutil.rmtree(project, onerror=_unless_gone)


def _unless_gone(
    function: Callable[..., object], path: str, error: tuple[type[BaseException], BaseException, TracebackType]
) -> None:
    """Raise, unless the file has gone by itself: OpenSSH removes the socket of a connection that it shares."""
    if not isinstance(error[1], FileNotFoundError):
        raise error[1]


if __name__ == "__main__":
    for folder in (PROJECT / ".local").glob("*-tests*"):
        # Not the virtual environment of the tests, which matches, too.
        if (folder / ".local").is_dir():
            remove(folder)
