"""The error pages of a version, from Git: the live directory plays no part in it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..errors import SourceError
from .export import LFS_POINTER
from .git_command import GitError
from .repository import Repository, find_repository
from .version import source_version
from .working_tree import open_working_tree

PAGE = re.compile(rb"[45][0-9]{2}\.html")

MOST_BYTES = 1_000_000
"""How large all pages may be together: they are an input of each switch, and are kept in the state."""


@dataclass(frozen=True)
class ErrorPages:
    """The error pages of a version.

    Attributes:
        pages: By name, such as 503.html, their text.
        note: Why they are not those of the version, "" if they are.
    """

    pages: Mapping[str, str]
    note: str = ""


def read_error_pages(folder: Path, version: str) -> ErrorPages:
    """Return the error pages (4xx.html, 5xx.html) in a folder of a version's tree.

    Those of a version that this repository does not have are those of the last commit.

    Args:
        folder: The folder, as it is called in the working tree.
        version: The version.

    Raises:
        SourceError: There is no page in the folder, one is no text, or git cannot read the repository.
    """
    try:
        repository = find_repository(_existing(folder))
    except SourceError as error:
        raise SourceError(f"error_pages_path: {error}") from None
    commit, _, uncommitted = version.partition("_uncommitted_")
    if uncommitted:
        with open_working_tree(repository) as working_tree:
            head, tree = repository.head(), working_tree.write()
            if source_version(head.id, head.tree, tree) == version:
                return ErrorPages(_pages_in(repository, tree, folder, working_tree.environment))
    if not uncommitted and _has(repository, commit):
        return ErrorPages(_pages_in(repository, commit, folder, {}))
    head = repository.head()
    return ErrorPages(
        _pages_in(repository, head.id, folder, {}),
        f"the version {version} is not in the repository {repository.worktree.name}: the error pages are those of its last "
        f"commit, {head.id[:12]}",
    )


def _existing(folder: Path) -> Path:
    """Return a folder, or the nearest one above it that the working tree has."""
    return next((path for path in (folder, *folder.parents) if path.is_dir()), folder)


def _has(repository: Repository, commit: str) -> bool:
    if not re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", commit):
        return False
    try:
        repository.git("cat-file", "-e", f"{commit}^{{commit}}")
    except GitError:
        return False
    return True


def _pages_in(repository: Repository, tree: str, folder: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the pages in a folder of a tree, or of a commit's tree."""
    top, place = repository.worktree.resolve(), folder.resolve()
    if not place.is_relative_to(top):
        raise SourceError(f"error_pages_path: {folder} is not in the Git repository {repository.worktree}.")
    path = place.relative_to(top).as_posix().removeprefix(".")
    try:
        listed = repository.git("ls-tree", "-z", "--long", f"{tree}:{path}", environment=environment)
    except GitError:
        raise _missing(path, tree) from None
    pages = {}
    for entry in listed.split(b"\0")[:-1]:
        description, _, name = entry.partition(b"\t")
        mode, _, object_id, size = description.split()
        if PAGE.fullmatch(name) and mode.startswith(b"100"):
            content = repository.git("cat-file", "blob", object_id.decode(), environment=environment)
            # `git` leaves out the last newline.
            pages[name.decode()] = _text(name.decode(), content.ljust(int(size), b"\n"))
    if not pages:
        raise _missing(path, tree)
    if sum(len(page.encode()) for page in pages.values()) > MOST_BYTES:
        raise SourceError(
            f"error_pages_path: the pages in {path} have more than {MOST_BYTES // 1_000_000} MB together. Link what is large."
        )
    return pages


def _text(name: str, content: bytes) -> str:
    if content.startswith(LFS_POINTER):
        raise SourceError(f"error_pages_path: {name} is stored in Git LFS. Store it in Git itself.")
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise SourceError(f"error_pages_path: {name} is not a text in UTF-8.") from None


def _missing(path: str, tree: str) -> SourceError:
    return SourceError(
        f"error_pages_path: there is no page such as 503.html in the folder {path or '.'} of {tree[:12]}. Commit one, or "
        "correct error_pages_path."
    )
