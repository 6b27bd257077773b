"""The working tree: which files differ from HEAD, and the id of the git tree that it would make.

git works on a copy of the index and writes its objects to a scratch directory, so the user's repository is only read.
"""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..errors import SourceError
from .git_command import CONFIGURATION, display_path
from .repository import Repository

USER_LINE_ENDS = {key: value for key, value in CONFIGURATION.items() if key not in ("core.autocrlf", "core.eol")}
"""The usual configuration, except that git converts line ends as the user configured it."""


@dataclass(frozen=True)
class Change:
    """A file that differs from HEAD, or an untracked file.

    Attributes:
        path: The path from the top of the repository.
        nested: Whether it is a submodule with changes of its own, or another repository.
    """

    path: bytes
    nested: bool

    def __str__(self) -> str:
        return display_path(self.path)


@dataclass(frozen=True)
class WorkingTree:
    """A repository's working tree, read through a scratch index.

    Attributes:
        repository: The repository.
        environment: The variables that make git use the scratch index and the scratch objects.
    """

    repository: Repository
    environment: Mapping[str, str]

    def changes(self) -> list[Change]:
        """List the files that differ from HEAD, sorted by path."""
        changes = self._status()
        if changes and self.repository.converts_line_ends:
            self._accept_line_ends()
            changes = self._status()
        return changes

    def write(self) -> str:
        """Write the content as a git tree among the scratch objects, and return its id."""
        if self.repository.converts_line_ends:
            self._accept_line_ends()
        self.repository.git("add", "--all", environment=self.environment)
        return self.repository.git("write-tree", environment=self.environment).decode()

    def _status(self) -> list[Change]:
        status = ("status", "--porcelain=v2", "-z", "--no-renames", "--untracked-files=all", "--ignore-submodules=none")
        output = self.repository.git(*status, environment=self.environment)
        return sorted(map(_parse_change, output.split(b"\0")[:-1]), key=lambda change: change.path)

    def _accept_line_ends(self) -> None:
        # A file that was checked out with CRLF because the user's git does so is not a changed file. So the user's
        # conversion decides which files are unchanged. The others are taken as they are, on every machine.
        refresh = ("update-index", "-q", "--refresh", "--unmerged", "--force-write-index")
        self.repository.git(
            *refresh,
            environment=self.environment,
            configuration=USER_LINE_ENDS,
            exit_codes=(0, 1),  # 1: some files did change
        )
        # git reads a file again if it is not older than the index, in whole seconds. These were read just now.
        a_second_later = int(time.time()) + 1
        os.utime(self.environment["GIT_INDEX_FILE"], (a_second_later, a_second_later))


@contextmanager
def open_working_tree(repository: Repository) -> Iterator[WorkingTree]:
    """Open a view of the working tree. It and its scratch files last as long as the `with` block."""
    with tempfile.TemporaryDirectory(prefix="pulumi-kamal-") as scratch:
        index = Path(scratch, "index")
        objects = Path(scratch, "objects")
        objects.mkdir()
        original = repository.git_dir / "index"
        if original.exists():
            # With its times: git compares them with the files' times to know which files it must read.
            shutil.copy2(original, index)
        environment = {
            "GIT_INDEX_FILE": str(index),
            "GIT_OBJECT_DIRECTORY": str(objects),
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": _quote(repository.common_dir / "objects"),
            "GIT_OPTIONAL_LOCKS": "1",  # `git status` may refresh the scratch index
        }
        yield WorkingTree(repository, environment)


def refuse_nested_changes(changes: list[Change]) -> None:
    """Check that no change is inside a submodule: a git tree records a submodule's commit, not its files.

    Raises:
        SourceError: A submodule has uncommitted changes, or a folder is a repository of its own.
    """
    for change in changes:
        if change.nested:
            raise SourceError(
                f"{change} is a Git repository of its own, and a version cannot include its uncommitted files: commit them "
                "there, add the folder to .gitignore, or set deploy:source to `commit`."
            )


def _parse_change(entry: bytes) -> Change:
    """Parse one entry of `git status --porcelain=v2` (git-status(1), "Changed Tracked Entries")."""
    kind = entry[:1]
    if kind == b"?":
        # With --untracked-files=all the only folders in the list are repositories.
        return Change(entry[2:], nested=entry.endswith(b"/"))
    path = entry.split(b" ", 10 if kind == b"u" else 8)[-1]
    submodule = entry.split(b" ", 3)[2]
    return Change(path, nested=submodule.startswith(b"S") and submodule[2:] != b"..")


def _quote(path: Path) -> str:
    # Quoted as in C, because colons separate the directories in this variable (git(1), "The Git Repository").
    text = os.fspath(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'
