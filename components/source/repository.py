"""A Git repository with a working tree: where it is, its HEAD, and the few settings of its configuration that count."""

import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from ..errors import SourceError
from .git_command import CONFIGURATION, QUERY_LIMIT, GitError, run_git


@dataclass(frozen=True)
class Commit:
    """A commit. `id` and `tree` are hex; `time` is the committer's date in seconds since 1970."""

    id: str
    tree: str
    time: int

    @property
    def date(self) -> str:
        """The committer's date in UTC, as RFC 3339 writes it."""
        return datetime.fromtimestamp(self.time, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True)
class Repository:
    """A repository's working tree and its Git directory, both absolute."""

    worktree: Path
    git_dir: Path

    def git(
        self,
        *words: str,
        environment: Mapping[str, str] | None = None,
        configuration: Mapping[str, str] | None = None,
        accepted: Collection[int] = (0,),
        limit: float = QUERY_LIMIT,
    ) -> bytes:
        """`run_git` for this repository; `configuration` is added to the usual one."""
        place = {"GIT_DIR": str(self.git_dir), "GIT_WORK_TREE": str(self.worktree)}
        return run_git(
            self.worktree,
            *words,
            environment={**place, **(environment or {})},
            configuration={**CONFIGURATION, "core.fileMode": self._file_mode, **(configuration or {})},
            accepted=accepted,
            limit=limit,
        )

    def head(self) -> Commit:
        """The commit that is checked out. Raises SourceError where there is none yet."""
        try:
            lines = self.git("rev-list", "--max-count=1", "--format=%H %T %ct", "HEAD", "--").split(b"\n")
        except GitError:
            if not self.git("rev-parse", "--verify", "--quiet", "HEAD", accepted=(0, 1)):
                raise SourceError(
                    f"The Git repository {self.worktree} has no commit yet: commit the app first."
                ) from None
            raise
        commit, tree, time = lines[1].decode().split()
        return Commit(commit, tree, int(time))

    def path(self, name: str) -> Path:
        """Where a part of the Git directory is, such as `objects`: linked worktrees share some of them."""
        return Path(os.fsdecode(self.git("rev-parse", "--path-format=absolute", "--git-path", name)))

    @cached_property
    def line_ends(self) -> dict[str, str]:
        """How the user's git converts line ends, by key, where it is set."""
        keys = r"^core\.(autocrlf|eol)$"
        found: dict[str, str] = {}
        answer = run_git(
            self.worktree,
            *("config", "-z", "--get-regexp", keys),
            environment={"GIT_DIR": str(self.git_dir)},
            configuration={},
            accepted=(0, 1),  # 1: none of them is set
        )
        for entry in os.fsdecode(answer).split("\0")[:-1]:
            key, has_value, value = entry.partition("\n")
            found[key] = value if has_value else "true"
        return found

    @cached_property
    def _file_mode(self) -> str:
        # Whatever the user set, executable files count as such, except where the file system cannot tell:
        # git never makes HEAD executable, so where it is, every file is.
        return "false" if (self.git_dir / "HEAD").stat().st_mode & 0o111 else "true"


def find_repository(directory: Path) -> Repository:
    """The repository that a directory belongs to. Raises SourceError where there is none, or git refuses it."""
    if not directory.is_dir():
        raise SourceError(f"The build context {directory} is not a directory: create it, or correct builder.context.")
    try:
        worktree = run_git(directory, "rev-parse", "--show-toplevel")
        git_dir = run_git(directory, "rev-parse", "--absolute-git-dir")
    except GitError as error:
        raise _refused(directory, error) from error
    return Repository(Path(os.fsdecode(worktree)), Path(os.fsdecode(git_dir)))


def _refused(directory: Path, error: GitError) -> SourceError:
    if "dubious ownership" in error.answer:
        return SourceError(
            f"git does not trust the repository of {directory}, because someone else owns it. {error.answer}"
        )
    if "must be run in a work tree" in error.answer:
        return SourceError(
            f"{directory} is in a bare Git repository, without a working tree: deploy from a clone of it."
        )
    if "not a git repository" in error.answer:
        return SourceError(
            f"There is no Git repository at {directory} (git says: {error.answer}). A version is named after a commit: "
            "run `git init` and commit the app, correct builder.context, or pin a built version with deploy:version."
        )
    return error
