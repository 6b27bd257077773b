"""Properties that hold for any content of a working tree: all kinds of names, modes, links and deletions."""

import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from components.source import SourcePolicy, resolve_source

from .repositories import Repo, create, snapshot

few = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@dataclass(frozen=True)
class File:
    """A file with this content, or a link to it."""

    kind: str
    content: bytes


Tree = dict[bytes, File]

odd_names = [
    b"a b",
    b"new\nline",
    b"\xff\xfe",
    b"-n",
    b":(top)x",
    b"*",
    b'"q"',
    "é".encode(),
    b"\x1b[31m",
    b"back\\",
    b"~",
]
names = st.one_of(
    st.sampled_from(odd_names),
    st.binary(min_size=1, max_size=5).filter(
        # Not the names that git refuses or treats specially.
        lambda name: not {0, ord("/")} & set(name) and name.strip(b". ") and b"git" not in name.lower()
    ),
)
paths = st.lists(names, min_size=1, max_size=3).map(b"/".join)
files = st.one_of(
    st.builds(File, st.sampled_from(["file", "program"]), st.binary(max_size=40)),
    st.builds(File, st.just("link"), st.binary(min_size=1, max_size=10).filter(lambda target: 0 not in target)),
)


def without_conflicts(tree: Tree) -> Tree:
    """Remove files whose path is also a folder."""
    return {path: file for path, file in tree.items() if not any(other.startswith(path + b"/") for other in tree)}


trees = st.dictionaries(paths, files, min_size=1, max_size=5).map(without_conflicts)


def fill(repo: Repo, tree: Tree) -> None:
    """Make the working tree hold exactly these files."""
    for entry in repo.path.iterdir():
        if entry.name != ".git":
            shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()
    for path, file in tree.items():
        place = repo.path / os.fsdecode(path)
        place.parent.mkdir(parents=True, exist_ok=True)
        if file.kind == "link":
            place.symlink_to(os.fsdecode(file.content))
        else:
            place.write_bytes(file.content)
            place.chmod(0o755 if file.kind == "program" else 0o644)


@few
@given(committed=trees, edited=trees)
def test_the_same_content_has_the_same_version_in_another_clone(committed: Tree, edited: Tree) -> None:
    with tempfile.TemporaryDirectory() as folder:
        repo = create(Path(folder, "app"))
        fill(repo, committed)
        repo.commit()
        other = repo.clone(Path(folder, "other"))
        fill(repo, edited)
        fill(other, edited)
        version = resolve_source(repo.path, SourcePolicy.WORKTREE).version
        assert resolve_source(other.path, SourcePolicy.WORKTREE).version == version
        assert (version == repo.head) == (committed == edited)


@few
@given(committed=trees, edited=trees)
def test_the_export_is_the_working_tree_byte_for_byte(committed: Tree, edited: Tree) -> None:
    with tempfile.TemporaryDirectory() as folder:
        repo = create(Path(folder, "app"))
        fill(repo, committed)
        repo.commit()
        fill(repo, edited)
        resolve_source(repo.path, SourcePolicy.WORKTREE).export(Path(folder, "context"))
        assert snapshot(Path(folder, "context")) == {path: (file.kind, file.content) for path, file in edited.items()}
        resolve_source(repo.path, SourcePolicy.COMMIT).export(Path(folder, "committed"))
        assert snapshot(Path(folder, "committed")) == {
            path: (file.kind, file.content) for path, file in committed.items()
        }


@few
@given(tree=trees, data=st.data())
def test_a_change_of_one_byte_mode_or_name_gives_another_version(tree: Tree, data: st.DataObject) -> None:
    changed = dict(tree)
    path = data.draw(st.sampled_from(sorted(tree)))
    file = tree[path]
    match data.draw(st.sampled_from(["byte", "mode", "name", "deletion"])):
        case "byte":
            changed[path] = File(file.kind, file.content + b"x")
        case "mode":
            assume(file.kind != "link")
            changed[path] = File("file" if file.kind == "program" else "program", file.content)
        case "name":
            changed[path + b"x"] = changed.pop(path)
        case "deletion":
            del changed[path]
    assume(without_conflicts(changed) == changed and changed != tree)
    with tempfile.TemporaryDirectory() as folder:
        repo = create(Path(folder, "app"))
        repo.commit()
        fill(repo, tree)
        before = resolve_source(repo.path, SourcePolicy.WORKTREE).version
        fill(repo, changed)
        assert resolve_source(repo.path, SourcePolicy.WORKTREE).version != before
        fill(repo, tree)
        assert resolve_source(repo.path, SourcePolicy.WORKTREE).version == before
