"""A file of the Git tree that is deployed, other than the build context."""

from pathlib import Path

from ..errors import SourceError
from .git_command import GitError
from .repository import find_repository
from .source import SourcePolicy

LFS_POINTER = b"version https://git-lfs.github.com/spec/"


def read_committed_file(path: Path, policy: SourcePolicy) -> bytes:
    """Return the content of a file in the last commit; with `worktree`, the file as it is.

    Args:
        path: The file.
        policy: What is deployed when there are uncommitted changes.

    Raises:
        SourceError: It is in no repository or not in the last commit, or Git LFS has only a pointer to it.
    """
    # A link stands for the file that it leads to.
    place = path.resolve()
    try:
        content = place.read_bytes() if policy is SourcePolicy.WORKTREE else _committed(place)
    except OSError as error:
        raise SourceError(f"The file {path} cannot be read: {error}") from error
    except GitError as error:
        raise SourceError(
            f"The file {path} is not in the last commit of its Git repository (git says: {error.stderr}). Commit it, or deploy "
            "the files as they are: pulumi config set deploy:source worktree"
        ) from None
    if content.startswith(LFS_POINTER):
        raise SourceError(f"The file {path} is stored in Git LFS, and only its pointer is here: run `git lfs pull`.")
    return content


def _committed(place: Path) -> bytes:
    repository = find_repository(place.parent)
    relative = place.relative_to(repository.worktree.resolve())
    # Filtered as a checkout is: line ends, Git LFS.
    return repository.git("cat-file", "--filters", f"HEAD:{relative.as_posix()}", whole=True)
