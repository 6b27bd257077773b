"""Where the repository of a submodule is."""

import os
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from ..errors import SourceError
from .git_command import displayed, run_git
from .repository import Repository


def find_submodule(
    parent: Repository, tree: str, path: bytes, commit: str, environment: Mapping[str, str]
) -> Repository:
    """The repository of the submodule at a path of the parent's tree, which must have the recorded commit.

    environment: what git needs to read the tree. Raises SourceError, with the command to run, where it is not there.
    """
    worktree = parent.worktree / os.fsdecode(path)
    places = [worktree / ".git"]
    name = _name(parent, tree, path, environment)
    if name and ".." not in PurePosixPath(name).parts:
        # The submodule's folder may be gone from the working tree while its repository is still here.
        places += [parent.git_dir / "modules" / name, parent.path("modules") / name]
    for place in places:
        if place.exists():
            submodule = _opened(parent, place, worktree)
            if submodule.git("cat-file", "-t", commit, accepted=(0, 128)) == b"commit":
                return submodule
    raise SourceError(
        f"The submodule {displayed(path)} of {parent.worktree} is not here at its recorded commit {commit[:12]}: "
        "run `git submodule update --init --recursive`."
    )


def _opened(parent: Repository, place: Path, worktree: Path) -> Repository:
    if not worktree.is_dir():
        worktree = parent.worktree  # only the repository is read, but git wants a working tree that is there
    # `place` may be a file that names the Git directory; git follows it.
    environment = {"GIT_DIR": str(place), "GIT_WORK_TREE": str(worktree)}
    git_dir = run_git(parent.worktree, "rev-parse", "--absolute-git-dir", environment=environment)
    return Repository(worktree, Path(os.fsdecode(git_dir)))


def _name(parent: Repository, tree: str, path: bytes, environment: Mapping[str, str]) -> str | None:
    """What .gitmodules calls the submodule at this path."""
    listing = parent.git(
        *("config", "-z", "--blob", f"{tree}:.gitmodules", "--get-regexp", r"^submodule\..*\.path$"),
        environment=environment,
        accepted=(0, 1, 128),  # no such entry, or no .gitmodules: a repository that was added without being a submodule
    )
    for entry in listing.split(b"\0")[:-1]:
        key, _, value = entry.partition(b"\n")
        if value == path:
            return os.fsdecode(key.removeprefix(b"submodule.").removesuffix(b".path"))
    return None
