"""Find the repository of a submodule."""

import os
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from ..errors import SourceError
from .git_command import display_path, run_git
from .repository import Repository


def find_submodule(
    parent: Repository, tree: str, path: bytes, commit: str, environment: Mapping[str, str]
) -> Repository:
    """Find the repository of a submodule that has the recorded commit.

    Args:
        parent: The repository that the submodule is in.
        tree: The parent's tree.
        path: The submodule's path in that tree.
        commit: The commit that the tree records for the submodule.
        environment: Variables that git needs to read the tree.

    Raises:
        SourceError: The submodule, or that commit of it, was not fetched.
    """
    worktree = parent.worktree / os.fsdecode(path)
    candidates = [worktree / ".git"]
    name = _name(parent, tree, path, environment)
    if name and ".." not in PurePosixPath(name).parts:
        # The repository is still here when the submodule's folder is not, as after switching branches.
        candidates += [parent.git_dir / "modules" / name, parent.common_dir / "modules" / name]
    for candidate in candidates:
        if candidate.exists():
            submodule = _open(parent, candidate, worktree)
            if submodule.git("cat-file", "-t", commit, exit_codes=(0, 128)) == b"commit":
                return submodule
    raise SourceError(
        f"The submodule {display_path(path)} of {parent.worktree} is not here at its recorded commit {commit[:12]}: "
        "run `git submodule update --init --recursive`."
    )


def _open(parent: Repository, git_dir: Path, worktree: Path) -> Repository:
    if not worktree.is_dir():
        worktree = parent.worktree  # git only reads the repository, but insists on a working tree that exists
    # `git_dir` may be a file that names the Git directory: git follows it.
    environment = {"GIT_DIR": str(git_dir), "GIT_WORK_TREE": str(worktree)}
    output = run_git(parent.worktree, "rev-parse", "--absolute-git-dir", environment=environment)
    return Repository(worktree, Path(os.fsdecode(output)))


def _name(parent: Repository, tree: str, path: bytes, environment: Mapping[str, str]) -> str | None:
    """Return the name that .gitmodules gives to the submodule at a path."""
    output = parent.git(
        *("config", "-z", "--blob", f"{tree}:.gitmodules", "--get-regexp", r"^submodule\..*\.path$"),
        environment=environment,
        # No such entry, or no .gitmodules: the repository was added without making it a submodule.
        exit_codes=(0, 1, 128),
    )
    for entry in output.split(b"\0")[:-1]:
        key, _, value = entry.partition(b"\n")
        if value == path:
            return os.fsdecode(key.removeprefix(b"submodule.").removesuffix(b".path"))
    return None
