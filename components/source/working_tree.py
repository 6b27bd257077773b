"""What the working tree holds: its changes since HEAD, and the id that git gives its content.

All of it happens on a copy of the index and in an object directory of our own: the user's repository is only read.
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
from .git_command import displayed
from .repository import Repository


@dataclass(frozen=True)
class Change:
    """A file that differs from HEAD, or that git does not know, and does not ignore either.

    path: relative to the repository's top. nested: a submodule that has changes of its own, or another repository.
    """

    path: bytes
    nested: bool

    def __str__(self) -> str:
        return displayed(self.path)


@dataclass(frozen=True)
class WorkingTree:
    """A repository's working tree, seen through a scratch index. `environment` makes git use that index."""

    repository: Repository
    environment: Mapping[str, str]

    def changes(self) -> list[Change]:
        """The files that differ from HEAD, sorted by path; none where the working tree is clean."""
        status = ("status", "--porcelain=v2", "-z", "--no-renames", "--untracked-files=all", "--ignore-submodules=none")
        answer = self.repository.git(*status, environment=self.environment)
        return sorted(map(_change, answer.split(b"\0")[:-1]), key=lambda change: change.path)

    def write(self) -> str:
        """Write the working tree's content as a git tree among the scratch objects; returns its id."""
        self.repository.git("add", "--all", environment=self.environment)
        return self.repository.git("write-tree", environment=self.environment).decode()


@contextmanager
def open_working_tree(repository: Repository) -> Iterator[WorkingTree]:
    """A view of the working tree that lasts as long as the `with` block, and its scratch files as well."""
    with tempfile.TemporaryDirectory(prefix="deploy-source-") as scratch:
        index = Path(scratch, "index")
        objects = Path(scratch, "objects")
        objects.mkdir()
        original = repository.path("index")
        if original.exists():
            # With its times: git compares them with those of the files to know which ones it must read again.
            shutil.copy2(original, index)
        environment = {
            "GIT_INDEX_FILE": str(index),
            "GIT_OBJECT_DIRECTORY": str(objects),
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": _quoted(repository.path("objects")),
            "GIT_OPTIONAL_LOCKS": "1",  # the index is ours: status may note in it what it has read
        }
        _accept_line_ends(repository, environment, index)
        yield WorkingTree(repository, environment)


def refuse_nested_changes(changes: list[Change]) -> None:
    """Raise SourceError where a change lies in a submodule: a git tree names a submodule's commits, never its files."""
    for change in changes:
        if change.nested:
            raise SourceError(
                f"{change} is a Git repository of its own with changes that are not committed there, which a version cannot "
                "name: commit them in it, have .gitignore leave it out, or set deploy:source to `commit`."
            )


def _accept_line_ends(repository: Repository, environment: Mapping[str, str], index: Path) -> None:
    # A file that was checked out with CRLF, because this user's git does so, is not a changed file. So that user's
    # conversion decides which files are unchanged; all others are taken as they are, on every machine.
    conversion = repository.line_ends
    if conversion:
        refresh = ("update-index", "-q", "--refresh", "--unmerged", "--force-write-index")
        repository.git(*refresh, environment=environment, configuration=conversion, accepted=(0, 1))
        # git reads again what is not older than its index, in whole seconds; these files have just been read.
        a_second_later = int(time.time()) + 1
        os.utime(index, (a_second_later, a_second_later))


def _change(entry: bytes) -> Change:
    """Read one entry of `git status --porcelain=v2` (git-status(1), "Changed Tracked Entries")."""
    kind = entry[:1]
    if kind == b"?":
        # With --untracked-files=all a folder is named only if it is a repository.
        return Change(entry[2:], nested=entry.endswith(b"/"))
    path = entry.split(b" ", 10 if kind == b"u" else 8)[-1]
    submodule = entry.split(b" ", 3)[2]
    return Change(path, nested=submodule.startswith(b"S") and submodule[2:] != b"..")


def _quoted(path: Path) -> str:
    # Quoted as in C, for the colons that separate directories in this variable (git(1), "Git Repository").
    text = os.fspath(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'
