"""Which tree is built, and what it is called: the one place where a version comes from.

The version is a function of the repository's content alone: the same tree has the same version in a preview and in the
update after it, in two processes, in another clone, and whatever the user's git configuration is.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from ..errors import SourceError
from .export import export_tree
from .repository import Commit, Repository, find_repository
from .version import source_version
from .working_tree import Change, open_working_tree, refuse_nested_changes


class SourcePolicy(StrEnum):
    """What is built where the working tree has uncommitted changes (`deploy:source`)."""

    COMMIT = "commit"
    """HEAD's commit, without the changes."""
    STRICT = "strict"
    """Nothing: the deploy is refused."""
    WORKTREE = "worktree"
    """The working tree as it is, under a version that says so."""


@dataclass(frozen=True)
class Source:
    """The tree that is built."""

    commit: str
    """Id of HEAD's commit, in hex (org.opencontainers.image.revision)."""
    tree: str
    """Id of the git tree that is built, of the whole repository, in hex."""
    version: str
    """The commit's id, or `<commit>_uncommitted_<first 16 digits of the tree's>` where the tree is not the commit's."""
    created: str
    """The commit's date, RFC 3339 in UTC (org.opencontainers.image.created)."""
    left_out: tuple[str, ...]
    """Files that are changed or untracked, and that this build leaves out."""
    repository: Repository = field(repr=False, compare=False)
    """The repository that the tree comes from."""
    folder: Path = field(repr=False, compare=False)
    """The build context's place in the tree."""
    time: int = field(repr=False, compare=False)
    """The commit's date in seconds since 1970: the date of every exported file."""

    def export(self, destination: Path) -> None:
        """Write the build context to a folder, which is replaced as a whole, or on an error not at all.

        Raises SourceError where the working tree is built and is no longer what the version names, where the context is
        not in the tree, where a submodule or a Git LFS file is missing, and where git or the disk fails.
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


def resolve_source(context: Path, policy: str) -> Source:
    """The tree to build for a build context, which is the top of a Git repository or a folder in it.

    policy: one of `SourcePolicy`; it decides where the working tree is not clean: `git status` shows a change or an
    untracked file, anywhere in the repository or its submodules. Ignored files never count.
    Raises SourceError where there is no repository or no commit, and where the policy refuses.
    """
    chosen = _policy(policy)
    repository = find_repository(context)
    try:
        head = repository.head()
        with open_working_tree(repository) as working_tree:
            changes = working_tree.changes()
            if changes and chosen is SourcePolicy.STRICT:
                raise _uncommitted(repository, changes)
            if changes and chosen is SourcePolicy.WORKTREE:
                refuse_nested_changes(changes)
                return _source(repository, context, head, tree=working_tree.write())
            return _source(repository, context, head, tree=head.tree, left_out=tuple(map(str, changes)))
    except OSError as error:
        raise SourceError(f"The Git repository {repository.worktree} cannot be read: {error}") from error


def listed(files: tuple[str, ...], limit: int = 20) -> str:
    """File names one a line, indented: the first ones, and how many more there are."""
    lines = [f"  {file}" for file in files[:limit]]
    if len(files) > limit:
        lines.append(f"  and {len(files) - limit} more")
    return "\n".join(lines)


def _policy(policy: str) -> SourcePolicy:
    try:
        return SourcePolicy(policy)
    except ValueError:
        raise SourceError(f"deploy:source is {policy!r}; it can be {', '.join(SourcePolicy)}.") from None


def _source(
    repository: Repository, context: Path, head: Commit, *, tree: str, left_out: tuple[str, ...] = ()
) -> Source:
    return Source(
        commit=head.id,
        tree=tree,
        version=source_version(head.id, head.tree, tree),
        created=head.date,
        left_out=left_out,
        repository=repository,
        folder=context.resolve().relative_to(repository.worktree.resolve()),
        time=head.time,
    )


def _uncommitted(repository: Repository, changes: list[Change]) -> SourceError:
    files = tuple(map(str, changes))
    return SourceError(
        f"{len(files)} uncommitted change{'s' if len(files) > 1 else ''} in {repository.worktree}, "
        f"and deploy:source is strict:\n{listed(files)}\n"
        "Commit or stash them, or set deploy:source to `commit` (leaves them out) or `worktree` (builds them)."
    )
