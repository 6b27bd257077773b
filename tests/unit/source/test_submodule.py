"""Submodules are built at their recorded commits, never with uncommitted changes."""

import shutil
from pathlib import Path

import pytest

from components.errors import SourceError
from components.source import SourcePolicy, resolve_source

from .repositories import Repo, create, snapshot


@pytest.fixture
def library(tmp_path: Path) -> Repo:
    """A library with a library of its own as a submodule."""
    inner = create(tmp_path / "inner")
    inner.write("inner.txt")
    inner.commit()
    library = create(tmp_path / "library")
    library.write("library.txt")
    library.git("submodule", "--quiet", "add", str(inner.path), "deep/inner")
    library.commit()
    return library


@pytest.fixture
def app(repo: Repo, library: Repo) -> Repo:
    """The app with the library as a submodule."""
    repo.git("submodule", "--quiet", "add", "--name", "the library", str(library.path), "lib")
    repo.git("submodule", "--quiet", "update", "--init", "--recursive")
    repo.commit()
    return repo


def test_submodules_are_exported_with_their_own_submodules(app: Repo, tmp_path: Path) -> None:
    resolve_source(app.path, SourcePolicy.STRICT).export(tmp_path / "context")
    assert snapshot(tmp_path / "context") == snapshot(app.path)
    assert (tmp_path / "context/lib/deep/inner/inner.txt").exists()


def test_only_the_submodules_of_the_context_are_exported(app: Repo, tmp_path: Path) -> None:
    without_submodules = app.clone(tmp_path / "other")
    resolve_source(without_submodules.path / "bin", SourcePolicy.STRICT).export(tmp_path / "context")
    assert set(snapshot(tmp_path / "context")) == {b"start"}


def test_a_submodule_as_the_context_is_a_repository_of_its_own(app: Repo, library: Repo, tmp_path: Path) -> None:
    source = resolve_source(app.path / "lib", SourcePolicy.COMMIT)
    assert source.commit == library.head
    source.export(tmp_path / "context")
    assert snapshot(tmp_path / "context") == snapshot(app.path / "lib")


def test_commit_takes_the_recorded_commit_of_a_submodule_that_moved_on(app: Repo, tmp_path: Path) -> None:
    recorded = snapshot(app.path)
    library = Repo(app.path / "lib")
    library.write("later")
    library.commit()
    source = resolve_source(app.path, SourcePolicy.COMMIT)
    assert source.left_out == ("lib",)
    source.export(tmp_path / "context")
    assert snapshot(tmp_path / "context") == recorded


def test_worktree_takes_the_commit_that_a_submodule_has_checked_out(app: Repo, tmp_path: Path) -> None:
    library = Repo(app.path / "lib")
    library.write("later")
    library.commit()
    source = resolve_source(app.path, SourcePolicy.WORKTREE)
    assert "_uncommitted_" in source.version
    source.export(tmp_path / "context")
    assert snapshot(tmp_path / "context") == snapshot(app.path)


@pytest.mark.parametrize("place", ["lib/library.txt", "lib/untracked", "lib/deep/inner/untracked"])
@pytest.mark.parametrize("ignore", ["none", "all"])
def test_worktree_refuses_changes_inside_a_submodule(app: Repo, place: str, ignore: str) -> None:
    app.git("config", "submodule.the library.ignore", ignore)
    app.write(place, "edited")
    with pytest.raises(SourceError, match=r"lib is a Git repository of its own, .*: commit them there"):
        resolve_source(app.path, SourcePolicy.WORKTREE)


def test_commit_and_strict_see_changes_inside_a_submodule(app: Repo, tmp_path: Path) -> None:
    recorded = snapshot(app.path)
    app.git("config", "status.showUntrackedFiles", "no")
    app.write("lib/deep/inner/untracked")
    source = resolve_source(app.path, SourcePolicy.COMMIT)
    assert source.left_out == ("lib",)
    source.export(tmp_path / "context")
    assert snapshot(tmp_path / "context") == recorded
    with pytest.raises(SourceError, match=r"1 uncommitted change in"):
        resolve_source(app.path, SourcePolicy.STRICT)


def test_worktree_refuses_a_repository_that_is_not_a_submodule(repo: Repo) -> None:
    create(repo.path / "nested").write("file")
    with pytest.raises(
        SourceError, match=r"nested/ is a Git repository of its own, .*: .*add the folder to \.gitignore"
    ):
        resolve_source(repo.path, SourcePolicy.WORKTREE)
    assert resolve_source(repo.path, SourcePolicy.COMMIT).left_out == ("nested/",)


def test_an_uninitialised_submodule_is_refused_with_the_command_to_run(app: Repo, tmp_path: Path) -> None:
    other = app.clone(tmp_path / "other")
    source = resolve_source(other.path, SourcePolicy.STRICT)
    with pytest.raises(SourceError, match=r"submodule lib of .* run `git submodule update --init --recursive`"):
        source.export(tmp_path / "context")
    assert not (tmp_path / "context").exists()
    other.git("submodule", "--quiet", "update", "--init")
    with pytest.raises(SourceError, match=r"submodule deep/inner of .*lib is not here"):
        source.export(tmp_path / "context")
    other.git("submodule", "--quiet", "update", "--init", "--recursive")
    source.export(tmp_path / "context")
    assert snapshot(tmp_path / "context") == snapshot(app.path)


def test_a_recorded_commit_that_was_not_fetched_is_refused(app: Repo, library: Repo, tmp_path: Path) -> None:
    library.write("later")
    later = library.commit()
    app.git("update-index", "--cacheinfo", f"160000,{later},lib")
    app.git("commit", "--quiet", "--message", "Record a commit that is not here")
    with pytest.raises(SourceError, match=f"not here at its recorded commit {later[:12]}"):
        resolve_source(app.path, SourcePolicy.COMMIT).export(tmp_path / "context")


def test_a_submodule_is_found_when_its_folder_is_gone(app: Repo, tmp_path: Path) -> None:
    recorded = snapshot(app.path)
    shutil.rmtree(app.path / "lib")
    resolve_source(app.path, SourcePolicy.COMMIT).export(tmp_path / "context")
    assert snapshot(tmp_path / "context") == recorded


def test_submodules_of_a_linked_worktree_are_found(app: Repo, tmp_path: Path) -> None:
    linked = Repo(tmp_path / "linked")
    app.git("worktree", "add", "--quiet", str(linked.path))
    linked.git("submodule", "--quiet", "update", "--init", "--recursive")
    resolve_source(linked.path, SourcePolicy.STRICT).export(tmp_path / "context")
    assert snapshot(tmp_path / "context") == snapshot(app.path)
    shutil.rmtree(linked.path / "lib")
    shutil.rmtree(app.path / ".git/modules")
    resolve_source(linked.path, SourcePolicy.COMMIT).export(tmp_path / "context")
    assert snapshot(tmp_path / "context") == snapshot(app.path)


def test_a_linked_worktree_uses_the_submodules_of_the_main_one(app: Repo, tmp_path: Path) -> None:
    linked = Repo(tmp_path / "linked")
    app.git("worktree", "add", "--quiet", str(linked.path))
    resolve_source(linked.path, SourcePolicy.STRICT).export(tmp_path / "context")
    assert snapshot(tmp_path / "context") == snapshot(app.path)


def test_a_submodule_that_was_removed_from_the_working_tree_is_not_built(app: Repo, tmp_path: Path) -> None:
    app.git("rm", "--quiet", "lib")
    resolve_source(app.path, SourcePolicy.WORKTREE).export(tmp_path / "context")
    assert snapshot(tmp_path / "context") == snapshot(app.path)
    assert not (tmp_path / "context/lib").exists()
