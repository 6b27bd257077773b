"""Materialise a git tree as a build context: the named content, and nothing of the live working tree."""

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from ..errors import SourceError
from .git_command import displayed
from .repository import Repository
from .submodule import find_submodule

CHECKOUT_LIMIT = 1800.0
"""Seconds for writing the files of one repository; Git LFS may have to download them."""

CONFIGURATION: Mapping[str, str] = {"core.sparseCheckout": "false", "core.symlinks": "true"}

LFS_POINTER = b"version https://git-lfs.github.com/spec/"
"""How a pointer file begins (Git LFS specification, "The Pointer")."""


@dataclass(frozen=True)
class Entry:
    """A file of a git tree, by its path from the repository's top. A submodule's `id` is a commit."""

    path: bytes
    id: str
    submodule: bool


def export_tree(
    repository: Repository,
    tree: str,
    destination: Path,
    *,
    folder: Path = Path(),
    time: int,
    environment: Mapping[str, str] | None = None,
) -> None:
    """Write the folder of a tree to `destination`, which is replaced whole or, on an error, not at all.

    tree: id of a tree or commit. folder: relative to the repository's top. time: seconds since 1970, given to all files,
    so that the image does not depend on when it was built. environment: for git, where the tree is not in the repository.
    Submodules come at their recorded commits. Files pass the filters of .gitattributes (line ends, Git LFS).
    Raises SourceError where the folder is not in the tree, or a submodule or Git LFS file is not there.
    """
    destination = destination.absolute()
    _refuse_destination(repository, destination)
    destination.parent.mkdir(parents=True, exist_ok=True)
    with _staged(destination) as staging:
        top = staging / "tree"
        _check_out(repository, tree, top, folder, staging, environment or {})
        exported = top / folder
        if not exported.is_dir():
            raise SourceError(
                f"The build context {folder} is a file in the repository {repository.worktree}, not a folder."
            )
        _set_times(exported, time)
        if os.path.lexists(destination):
            destination.rename(staging / "replaced")
        exported.rename(destination)


def _check_out(
    repository: Repository, tree: str, top: Path, folder: Path, staging: Path, environment: Mapping[str, str]
) -> None:
    """Write a folder of a tree below `top`, and its submodules in their places."""
    top.mkdir(exist_ok=True)
    top.chmod(0o755)
    elsewhere = replace(repository, worktree=top)
    with tempfile.TemporaryDirectory(dir=staging) as scratch:
        environment = {**environment, "GIT_INDEX_FILE": str(Path(scratch, "index"))}
        elsewhere.git("read-tree", tree, environment=environment, configuration=CONFIGURATION)
        pathspec = f":(top,literal){'' if folder == Path() else folder}"
        entries = _entries(elsewhere.git("ls-files", "--stage", "-z", "--", pathspec, environment=environment))
        if not entries:
            what = "no file" if folder == Path() else f"no folder {folder}"
            raise SourceError(
                f"The build context is empty: there is {what} in {tree[:12]} of {repository.worktree}. "
                "Commit it, or correct builder.context."
            )
        # Not `git archive`: export-ignore and export-subst would make the content differ from the tree's.
        checkout = ("checkout", "--force", "--quiet", "--", pathspec)
        elsewhere.git(*checkout, environment=environment, configuration=CONFIGURATION, limit=CHECKOUT_LIMIT)
        _refuse_pointers(elsewhere, environment)
    for entry in entries:
        if entry.submodule:
            submodule = find_submodule(repository, tree, entry.path, entry.id, environment)
            _check_out(submodule, entry.id, top / os.fsdecode(entry.path), Path(), staging, {})


def _entries(listing: bytes) -> list[Entry]:
    """Read the output of `git ls-files --stage -z`."""
    entries = []
    for line in listing.split(b"\0")[:-1]:
        description, _, path = line.partition(b"\t")
        mode, object_id, _ = description.split(b" ")
        entries.append(Entry(path, object_id.decode(), mode == b"160000"))
    return entries


def _refuse_pointers(checkout: Repository, environment: Mapping[str, str]) -> None:
    # Without git-lfs, git writes the pointers in place of the files, and says nothing.
    listing = checkout.git("ls-files", "-z", "--", ":(top,attr:filter=lfs)", environment=environment)
    for path in listing.split(b"\0")[:-1]:
        file = checkout.worktree / os.fsdecode(path)
        if file.is_file() and not file.is_symlink() and _starts_with(file, LFS_POINTER):
            raise SourceError(
                f"{displayed(path)} is kept in Git LFS, and only its pointer is here: "
                "install git-lfs, run `git lfs install` and `git lfs pull`."
            )


def _starts_with(file: Path, start: bytes) -> bool:
    with file.open("rb") as content:
        return content.read(len(start)) == start


def _refuse_destination(repository: Repository, destination: Path) -> None:
    """Keep the export from replacing the working tree, or from becoming a change in it."""
    place = destination.parent.resolve() / destination.name
    if place == repository.worktree or place in repository.worktree.parents:
        raise SourceError(f"The build context cannot be written to {destination}: the repository itself is there.")
    if place.is_relative_to(repository.worktree):
        # With the slash, because a pattern such as `build/` is for folders, and this one may not be there yet.
        ignored = repository.git("check-ignore", "--", f"{place.relative_to(repository.worktree)}/", accepted=(0, 1))
        if not ignored:
            raise SourceError(
                f"The build context would be written to {destination}, inside the repository, where it would count as an "
                "uncommitted change: add that folder to .gitignore."
            )


@contextmanager
def _staged(destination: Path) -> Iterator[Path]:
    """A scratch folder beside the destination: on its file system, so that the finished export can be renamed."""
    with tempfile.TemporaryDirectory(dir=destination.parent, prefix=f".{destination.name[:32]}.") as staging:
        yield Path(staging)


def _set_times(folder: Path, time: int) -> None:
    for directory, folders, files in os.walk(folder, topdown=False):
        for name in (*folders, *files):
            os.utime(Path(directory, name), (time, time), follow_symlinks=False)
    os.utime(folder, (time, time))
