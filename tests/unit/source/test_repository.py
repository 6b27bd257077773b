"""All kinds of repositories: subfolders, linked worktrees, shallow clones, SHA-256 ids, and no repository at all."""

import os
import shutil
from pathlib import Path

import pytest

from components.errors import SourceError
from components.source import SourcePolicy, resolve_source

from .repositories import Repo, create, snapshot


def test_a_subfolder_is_exported_under_the_version_of_the_whole_repository(repo: Repo, tmp_path: Path) -> None:
    repo.write("services/web site/Dockerfile", "FROM scratch\n")
    repo.write("services/web site/.dockerignore")
    repo.commit()
    repo.write("page.html", "<p>outside of the context</p>\n")
    folder = repo.path / "services/web site"
    source = resolve_source(folder, SourcePolicy.WORKTREE)
    assert source.version == resolve_source(repo.path, SourcePolicy.WORKTREE).version
    source.export(tmp_path / "context")
    assert snapshot(tmp_path / "context") == snapshot(folder)
    assert resolve_source(folder, SourcePolicy.COMMIT).left_out == ("page.html",)


def test_a_folder_named_like_a_pattern_only_matches_itself(repo: Repo, tmp_path: Path) -> None:
    repo.write("[ab]*/inside")
    repo.write("a-decoy/inside")
    repo.commit()
    resolve_source(repo.path / "[ab]*", SourcePolicy.COMMIT).export(tmp_path / "context")
    assert set(snapshot(tmp_path / "context")) == {b"inside"}


def test_a_context_behind_a_link_is_found(repo: Repo, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(repo.path / "bin")
    resolve_source(tmp_path / "link", SourcePolicy.COMMIT).export(tmp_path / "context")
    assert set(snapshot(tmp_path / "context")) == {b"start"}


def test_a_relative_context_is_found(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repo.path)
    resolve_source(Path("bin"), SourcePolicy.COMMIT).export(Path("../context"))
    assert set(snapshot(tmp_path / "context")) == {b"start"}


def test_a_folder_that_was_not_committed_is_refused(repo: Repo, tmp_path: Path) -> None:
    repo.write("later/Dockerfile")
    source = resolve_source(repo.path / "later", SourcePolicy.COMMIT)
    with pytest.raises(SourceError, match=r"there is no folder later in .* Commit it, or correct builder.context"):
        source.export(tmp_path / "context")
    assert not (tmp_path / "context").exists()


def test_a_linked_worktree_has_its_own_head_and_changes(repo: Repo, tmp_path: Path) -> None:
    linked = Repo(tmp_path / "linked")
    repo.git("worktree", "add", "--quiet", "-b", "feature", str(linked.path))
    linked.write("feature")
    assert resolve_source(repo.path, SourcePolicy.STRICT).version == repo.head
    source = resolve_source(linked.path, SourcePolicy.WORKTREE)
    source.export(tmp_path / "context")
    assert snapshot(tmp_path / "context") == snapshot(linked.path)
    linked.commit()
    assert resolve_source(linked.path, SourcePolicy.STRICT).commit == linked.head != repo.head


def test_a_shallow_clone_has_the_same_version_as_the_full_one(repo: Repo, tmp_path: Path) -> None:
    repo.write("second")
    repo.commit()
    shallow = Repo(tmp_path / "shallow")
    repo.git("clone", "--quiet", "--depth=1", f"file://{repo.path}", str(shallow.path))
    repo.write("new")
    shallow.write("new")
    source = resolve_source(shallow.path, SourcePolicy.WORKTREE)
    assert source.version == resolve_source(repo.path, SourcePolicy.WORKTREE).version
    source.export(tmp_path / "context")
    assert snapshot(tmp_path / "context") == snapshot(repo.path)


def test_a_detached_head_works(repo: Repo) -> None:
    repo.git("checkout", "--quiet", "--detach")
    assert resolve_source(repo.path, SourcePolicy.STRICT).version == repo.head


def test_a_sparse_checkout_exports_the_whole_tree(repo: Repo, tmp_path: Path) -> None:
    whole = snapshot(repo.path)
    repo.git("sparse-checkout", "set", "--no-cone", "/Dockerfile")
    assert not (repo.path / "page.html").exists()
    source = resolve_source(repo.path, SourcePolicy.WORKTREE)
    assert source.version == repo.head
    source.export(tmp_path / "context")
    assert snapshot(tmp_path / "context") == whole


def test_a_repository_with_sha256_ids_works(tmp_path: Path) -> None:
    repo = create(tmp_path / "app", "--object-format=sha256")
    repo.write("page")
    repo.commit()
    repo.write("new")
    source = resolve_source(repo.path, SourcePolicy.WORKTREE)
    assert len(source.commit) == 64
    assert source.version == f"{repo.head}_uncommitted_{source.tree[:16]}"


@pytest.mark.parametrize("name", ["with space", "new\nline", 'quo"te:colon\\', "trailing ", "caf\udce9", "$HOME"])
def test_a_repository_may_be_anywhere(tmp_path: Path, name: str) -> None:
    repo = create(tmp_path / name)
    repo.write("page")
    repo.commit()
    repo.write("page", "edited")
    source = resolve_source(repo.path, SourcePolicy.WORKTREE)
    source.export(tmp_path / "context")
    assert snapshot(tmp_path / "context") == snapshot(repo.path)


def test_a_folder_outside_of_any_repository_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=rf"{tmp_path} is not in a Git repository .*git init.*deploy:version"):
        resolve_source(tmp_path, SourcePolicy.COMMIT)


def test_a_missing_context_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"nowhere is not a directory: create it, or correct builder\.context"):
        resolve_source(tmp_path / "nowhere", SourcePolicy.COMMIT)


def test_a_bare_repository_is_refused(repo: Repo, tmp_path: Path) -> None:
    bare = repo.clone(tmp_path / "bare", "--bare")
    with pytest.raises(SourceError, match=r"is in a bare Git repository, .*: deploy from a clone of it"):
        resolve_source(bare.path, SourcePolicy.COMMIT)


def test_a_repository_without_a_commit_is_refused(tmp_path: Path) -> None:
    repo = create(tmp_path / "app")
    repo.write("page")
    with pytest.raises(SourceError, match=r"has no commit yet: commit the app first"):
        resolve_source(repo.path, SourcePolicy.WORKTREE)


def test_a_commit_without_files_is_refused(tmp_path: Path) -> None:
    repo = create(tmp_path / "app")
    repo.commit()
    with pytest.raises(SourceError, match=r"The build context is empty: there is no file"):
        resolve_source(repo.path, SourcePolicy.COMMIT).export(tmp_path / "context")


def test_a_repository_of_another_user_is_refused_with_gits_advice(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    with pytest.raises(SourceError, match=r"does not trust the repository .*(.|\n)*--add safe.directory"):
        resolve_source(repo.path, SourcePolicy.COMMIT)


def test_a_file_that_cannot_be_read_is_reported(repo: Repo, tmp_path: Path) -> None:
    resolve_source(repo.path, SourcePolicy.COMMIT)  # imports GitPython, which only root may be able to read
    repo.write("secret").chmod(0)
    with Unprivileged(tmp_path), pytest.raises(SourceError, match=r"git add failed for .*secret.*Permission denied"):
        resolve_source(repo.path, SourcePolicy.WORKTREE)


def test_a_damaged_repository_is_reported_with_gits_message(repo: Repo, tmp_path: Path) -> None:
    source = resolve_source(repo.path, SourcePolicy.COMMIT)
    page = repo.git("rev-parse", "HEAD:page.html")
    (repo.path / ".git/objects" / page[:2] / page[2:]).unlink()
    with pytest.raises(SourceError, match=f"git checkout failed for .*{page}"):
        source.export(tmp_path / "context")
    assert not (tmp_path / "context").exists()
    shutil.rmtree(repo.path / ".git/objects")
    (repo.path / ".git/objects").mkdir()
    with pytest.raises(SourceError, match=r"git .* failed for .*bad object HEAD"):
        resolve_source(repo.path, SourcePolicy.COMMIT)


class Unprivileged:
    """Run as another user, who owns the files of the test, because root may read every file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __enter__(self) -> None:
        self.root = os.geteuid() == 0
        if self.root:
            for path in (self.folder, *self.folder.rglob("*")):
                os.chown(path, 65534, 65534, follow_symlinks=False)
            for path in self.folder.parents:
                if not path.stat().st_mode & 1:
                    path.chmod(0o755)
            os.seteuid(65534)

    def __exit__(self, *_: object) -> None:
        if self.root:
            os.seteuid(0)
