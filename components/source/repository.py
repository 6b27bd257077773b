"""A Git repository with a working tree: its paths, its HEAD and the commands that run in it."""

import os
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ..errors import SourceError
from .git_command import CONFIGURATION, DEFAULT_TIMEOUT, GitError, run_git


@dataclass(frozen=True)
class Commit:
    """A commit.

    Attributes:
        id: The commit's id, in hex.
        tree: The id of its tree, in hex.
        time: The committer's date, in seconds since 1970.
    """

    id: str
    tree: str
    time: int


@dataclass(frozen=True)
class Repository:
    """A Git repository with a working tree.

    Attributes:
        worktree: The top of the working tree, as an absolute path.
        git_dir: The Git directory, as an absolute path.
    """

    worktree: Path
    git_dir: Path

    @property
    def common_dir(self) -> Path:
        """The Git directory that all linked worktrees share (gitrepository-layout(5), "commondir")."""
        try:
            shared = (self.git_dir / "commondir").read_bytes()
        except FileNotFoundError:
            return self.git_dir
        return self.git_dir / os.fsdecode(shared.removesuffix(b"\n"))

    @cached_property
    def converts_line_ends(self) -> bool:
        """Whether the user's configuration says how git converts line ends."""
        keys = r"^core\.(autocrlf|eol)$"
        # Exit code 1: neither of them is set.
        return bool(self.git("config", "--get-regexp", keys, configuration={}, exit_codes=(0, 1)))

    @cached_property
    def _file_mode(self) -> str:
        # Executable files count as such whatever the user configured, unless the file system cannot tell: git never
        # makes HEAD executable, so where HEAD is executable, every file is.
        return "false" if (self.git_dir / "HEAD").stat().st_mode & 0o111 else "true"

    def git(
        self,
        *arguments: str,
        environment: Mapping[str, str] | None = None,
        configuration: Mapping[str, str] = CONFIGURATION,
        exit_codes: Collection[int] = (0,),
        timeout: float = DEFAULT_TIMEOUT,
        whole: bool = False,
    ) -> bytes:
        """Run a git command on this repository. See `run_git`."""
        place = {"GIT_DIR": str(self.git_dir), "GIT_WORK_TREE": str(self.worktree)}
        return run_git(
            self.worktree,
            *arguments,
            environment={**place, **(environment or {})},
            configuration={**configuration, "core.fileMode": self._file_mode},
            exit_codes=exit_codes,
            timeout=timeout,
            whole=whole,
        )

    def head(self) -> Commit:
        """Read the commit that is checked out.

        Raises:
            SourceError: There is no commit yet, or it cannot be read.
        """
        try:
            output = self.git("rev-list", "--max-count=1", "--format=%H %T %ct", "HEAD", "--")
        except GitError as error:
            if "bad revision" in error.stderr:
                raise SourceError(
                    f"The Git repository {self.worktree} has no commit yet: commit the app first."
                ) from None
            raise
        commit, tree, time = output.splitlines()[1].decode().split()
        return Commit(commit, tree, int(time))


def find_repository(directory: Path) -> Repository:
    """Find the repository that a directory belongs to.

    Raises:
        SourceError: The directory does not exist or is not in a repository with a working tree, or git does not trust
            the repository.
    """
    if not directory.is_dir():
        raise SourceError(f"The build context {directory} is not a directory: create it, or correct builder.context.")
    try:
        output = run_git(directory, "rev-parse", "--show-toplevel", "--absolute-git-dir")
    except GitError as error:
        raise _explain(directory, error) from error
    # Both paths are absolute, so a line that does not start with a slash continues the path before it.
    worktree, git_dir = re.split(rb"\n(?=/)", output, maxsplit=1)
    return Repository(Path(os.fsdecode(worktree)), Path(os.fsdecode(git_dir)))


def _explain(directory: Path, error: GitError) -> SourceError:
    if "dubious ownership" in error.stderr:
        return SourceError(
            f"git does not trust the repository of {directory}, because it belongs to another user. {error.stderr}"
        )
    if "must be run in a work tree" in error.stderr:
        return SourceError(
            f"{directory} is in a bare Git repository, which has no working tree: deploy from a clone of it."
        )
    if "not a git repository" in error.stderr:
        return SourceError(
            f"{directory} is not in a Git repository (git says: {error.stderr}). A version is named after a commit: "
            "run `git init` and commit the app, correct builder.context, or set deploy:version to deploy an image that "
            "was pushed before."
        )
    return error
