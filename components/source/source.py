"""The tree that is built and its version. This is the one place where a version comes from.

The version depends only on the repository's content. The same tree has the same version in a preview and in the update
after it, in two processes, in another clone, and whatever the user's git configuration is.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from ..errors import SourceError
from .export import export_tree
from .repository import Repository, find_repository
from .version import source_version
from .working_tree import open_working_tree, refuse_nested_changes


class SourcePolicy(StrEnum):
    """What is built when the working tree has uncommitted changes (`deploy:source`)."""

    COMMIT = "commit"
    """The commit that is checked out, without the changes."""
    STRICT = "strict"
    """Nothing: the deploy is refused."""
    WORKTREE = "worktree"
    """The working tree with its changes, under a version of its own."""


@dataclass(frozen=True)
class Source:
    """The tree that is built, and its version.

    Attributes:
        commit: The id of the commit that is checked out, in hex (label org.opencontainers.image.revision).
        tree: The id of the git tree that is built, in hex. It is the tree of the whole repository.
        version: The commit's id, or `<commit>_uncommitted_<first 16 digits of the tree's id>` if the tree is not the
            commit's.
        left_out: The changed and untracked files that are not built.
        time: The commit's date in seconds since 1970. Every exported file has this date.
        repository: The repository that has the tree.
        folder: The build context's path in the tree.
    """

    commit: str
    tree: str
    version: str
    left_out: tuple[str, ...]
    time: int
    repository: Repository = field(repr=False, compare=False)
    folder: Path = field(repr=False, compare=False)

    @property
    def created(self) -> str:
        """The commit's date in UTC, in RFC 3339 format (label org.opencontainers.image.created)."""
        return datetime.fromtimestamp(self.time, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def export(self, destination: Path) -> None:
        """Write the build context to a folder, which is replaced as a whole or, after an error, not at all.

        Raises:
            SourceError: The working tree changed since its version was computed, the build context is not in the tree, a
                submodule or Git LFS file is missing, or the folder cannot be written.
        """
        try:
            if self.version == self.commit:
                export_tree(self.repository, self.commit, destination, folder=self.folder, time=self.time)
            else:
                self._export_working_tree(destination)
        except OSError as error:
            raise SourceError(f"The build context cannot be written to {destination}: {error}") from error

    def _export_working_tree(self, destination: Path) -> None:
        with open_working_tree(self.repository) as working_tree:
            if working_tree.write() != self.tree:
                raise SourceError(
                    f"The working tree {self.repository.worktree} changed since the version {self.version} was computed: "
                    "run pulumi up again."
                )
            environment = working_tree.environment
            export_tree(
                self.repository, self.tree, destination, folder=self.folder, time=self.time, environment=environment
            )


def resolve_source(context: Path, policy: SourcePolicy) -> Source:
    """Find the tree to build, and its version.

    A working tree has uncommitted changes if `git status` lists any file in the whole repository or in its submodules.
    Ignored files do not count.

    Args:
        context: The build context: the top of a Git repository, or a folder in it.
        policy: What to do if the working tree has uncommitted changes.

    Raises:
        SourceError: There is no repository or no commit, git cannot read it, or the policy refuses the changes.
    """
    repository = find_repository(context)
    try:
        head = repository.head()
        with open_working_tree(repository) as working_tree:
            changes = working_tree.changes()
            tree, left_out = head.tree, tuple(map(str, changes))
            if changes and policy is SourcePolicy.STRICT:
                raise _uncommitted(repository, left_out)
            if changes and policy is SourcePolicy.WORKTREE:
                refuse_nested_changes(changes)
                tree, left_out = working_tree.write(), ()
        return Source(
            commit=head.id,
            tree=tree,
            version=source_version(head.id, head.tree, tree),
            left_out=left_out,
            time=head.time,
            repository=repository,
            folder=context.resolve().relative_to(repository.worktree.resolve()),
        )
    except OSError as error:
        raise SourceError(f"The Git repository {repository.worktree} cannot be read: {error}") from error


def format_file_list(files: tuple[str, ...], limit: int = 20) -> str:
    """Format file names for a message: one per line and indented, then how many were left out beyond the limit."""
    lines = [f"  {file}" for file in files[:limit]]
    if len(files) > limit:
        lines.append(f"  and {len(files) - limit} more")
    return "\n".join(lines)


def _uncommitted(repository: Repository, files: tuple[str, ...]) -> SourceError:
    return SourceError(
        f"{len(files)} uncommitted change{'s' if len(files) > 1 else ''} in {repository.worktree}, "
        f"and deploy:source is strict:\n{format_file_list(files)}\n"
        "Commit or stash them, or set deploy:source to `commit` to leave them out or to `worktree` to build them."
    )
