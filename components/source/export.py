"""Write a git tree to a folder that becomes the build context. The live working tree plays no part in it."""

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from ..errors import SourceError
from .git_command import CONFIGURATION, display_path
from .repository import Repository
from .submodule import find_submodule

CHECKOUT_TIMEOUT = 1800.0
"""Seconds for writing the files of one repository. Git LFS may have to download them."""

CHECKOUT_CONFIGURATION = {**CONFIGURATION, "core.sparseCheckout": "false", "core.symlinks": "true"}

LFS_POINTER = b"version https://git-lfs.github.com/spec/"
"""The first bytes of a pointer file (Git LFS specification, "The Pointer")."""


@dataclass(frozen=True)
class Entry:
    """A file or submodule of a git tree.

    Attributes:
        path: The path from the top of the repository.
        id: The id of the file's content, or of the submodule's commit, in hex.
        is_submodule: Whether it is a submodule.
    """

    path: bytes
    id: str
    is_submodule: bool


def export_tree(
    repository: Repository,
    tree: str,
    destination: Path,
    *,
    folder: Path = Path(),
    time: int,
    environment: Mapping[str, str] | None = None,
) -> None:
    """Write a folder of a tree to a destination, which is replaced as a whole or, after an error, not at all.

    Submodules are written at their recorded commits. Files pass the filters of .gitattributes (line ends, Git LFS).

    Args:
        repository: The repository that has the tree.
        tree: The id of the tree, or of a commit.
        destination: The folder to write.
        folder: The folder of the tree, relative to the repository's top.
        time: The modification time of every file, in seconds since 1970. A fixed time makes builds reproducible.
        environment: Variables for git, where the tree is not among the repository's own objects.

    Raises:
        SourceError: The folder is not in the tree, a submodule or Git LFS file is missing, or the destination is in the
            repository and not ignored.
    """
    destination = destination.absolute()
    _check_destination(repository, destination)
    destination.parent.mkdir(parents=True, exist_ok=True)
    with _scratch_folder(destination) as scratch:
        top = scratch / "tree"
        _check_out(repository, tree, top, folder, scratch, environment or {})
        exported = top / folder
        if not exported.is_dir():
            raise SourceError(
                f"The build context {folder} is a file in the repository {repository.worktree}: it must be a folder."
            )
        _set_times(exported, time)
        if os.path.lexists(destination):
            destination.rename(scratch / "replaced")
        exported.rename(destination)


def _check_out(
    repository: Repository, tree: str, top: Path, folder: Path, scratch: Path, environment: Mapping[str, str]
) -> None:
    """Write a folder of a tree below `top`, with its submodules."""
    top.mkdir(exist_ok=True)
    top.chmod(0o755)
    checkout = replace(repository, worktree=top)
    with tempfile.TemporaryDirectory(dir=scratch) as index_folder:
        environment = {**environment, "GIT_INDEX_FILE": str(Path(index_folder, "index"))}
        checkout.git("read-tree", tree, environment=environment, configuration=CHECKOUT_CONFIGURATION)
        pathspec = f":(top,literal){'' if folder == Path() else folder}"
        entries = _parse_entries(checkout.git("ls-files", "--stage", "-z", "--", pathspec, environment=environment))
        if not entries:
            what = "no file" if folder == Path() else f"no folder {folder}"
            raise SourceError(
                f"The build context is empty: there is {what} in {tree[:12]} of {repository.worktree}. "
                "Commit it, or correct builder.context."
            )
        # Not `git archive`: export-ignore and export-subst would make the content differ from the tree's.
        checkout.git(
            *("checkout", "--force", "--quiet", "--", pathspec),
            environment=environment,
            configuration=CHECKOUT_CONFIGURATION,
            timeout=CHECKOUT_TIMEOUT,
        )
        _refuse_lfs_pointers(checkout, environment)
    for entry in entries:
        if entry.is_submodule:
            submodule = find_submodule(repository, tree, entry.path, entry.id, environment)
            _check_out(submodule, entry.id, top / os.fsdecode(entry.path), Path(), scratch, {})


def _parse_entries(output: bytes) -> list[Entry]:
    """Parse the output of `git ls-files --stage -z`."""
    entries = []
    for line in output.split(b"\0")[:-1]:
        description, _, path = line.partition(b"\t")
        mode, object_id, _ = description.split(b" ")
        entries.append(Entry(path, object_id.decode(), is_submodule=mode == b"160000"))
    return entries


def _refuse_lfs_pointers(checkout: Repository, environment: Mapping[str, str]) -> None:
    # Where git-lfs is not installed, git writes the pointers in place of the files without a word.
    output = checkout.git("ls-files", "-z", "--", ":(top,attr:filter=lfs)", environment=environment)
    for path in output.split(b"\0")[:-1]:
        file = checkout.worktree / os.fsdecode(path)
        if file.is_file() and not file.is_symlink() and _starts_with(file, LFS_POINTER):
            raise SourceError(
                f"{display_path(path)} is stored in Git LFS, and only its pointer is here: "
                "install git-lfs, run `git lfs install` and `git lfs pull`."
            )


def _starts_with(file: Path, start: bytes) -> bool:
    with file.open("rb") as content:
        return content.read(len(start)) == start


def _check_destination(repository: Repository, destination: Path) -> None:
    """Check that the export would neither replace the working tree nor show up as a change in it."""
    place = destination.parent.resolve() / destination.name
    if place == repository.worktree or place in repository.worktree.parents:
        raise SourceError(f"The build context cannot be written to {destination}, because the repository is there.")
    if place.is_relative_to(repository.worktree):
        # With a slash, because a pattern such as `build/` only matches folders, and this one may not exist yet.
        path = f"{place.relative_to(repository.worktree)}/"
        if not repository.git("check-ignore", "--", path, exit_codes=(0, 1)):
            raise SourceError(
                f"The build context would be written to {destination}, inside the repository, where it would count as an "
                "uncommitted change: add that folder to .gitignore."
            )


@contextmanager
def _scratch_folder(destination: Path) -> Iterator[Path]:
    """Make a scratch folder beside the destination, on the same file system, so that the export can be renamed."""
    with tempfile.TemporaryDirectory(dir=destination.parent, prefix=f".{destination.name[:32]}.") as scratch:
        yield Path(scratch)


def _set_times(folder: Path, time: int) -> None:
    for directory, folders, files in os.walk(folder, topdown=False):
        for name in (*folders, *files):
            os.utime(Path(directory, name), (time, time), follow_symlinks=False)
    os.utime(folder, (time, time))
