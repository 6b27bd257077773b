"""The exported build context: the content of the tree, complete or not there at all."""

import stat
from pathlib import Path

import pytest

from components.errors import SourceError
from components.source import SourcePolicy, resolve_source

from .repositories import Repo, snapshot


def test_every_file_has_the_commits_date(repo: Repo, tmp_path: Path) -> None:
    (repo.path / "dangling").symlink_to("nowhere")
    repo.commit()
    for policy, new in ((SourcePolicy.COMMIT, None), (SourcePolicy.WORKTREE, "new")):
        if new:
            repo.write(new)
        context = tmp_path / policy
        resolve_source(repo.path, policy).export(context)
        times = {path.lstat().st_mtime for path in (context, *context.rglob("*"))}
        assert times == {1709256600}, "2024-03-01T01:30:00Z"


def test_the_export_has_no_git_directory(repo: Repo, tmp_path: Path) -> None:
    resolve_source(repo.path, SourcePolicy.COMMIT).export(tmp_path / "context")
    assert {path.name for path in (tmp_path / "context").iterdir()} == {".gitignore", "Dockerfile", "bin", "page.html"}
    assert {path.name for path in tmp_path.iterdir()} == {"app", "context"}, "no scratch folder is left"


def test_an_earlier_export_is_replaced_completely(repo: Repo, tmp_path: Path) -> None:
    source = resolve_source(repo.path, SourcePolicy.COMMIT)
    source.export(tmp_path / "builds/context")
    (tmp_path / "builds/context/page.html").write_text("damaged")
    (tmp_path / "builds/context/left over").touch()
    source.export(tmp_path / "builds/context")
    assert snapshot(tmp_path / "builds/context") == snapshot(repo.path)
    assert [path.name for path in (tmp_path / "builds").iterdir()] == ["context"]


def test_a_failed_export_leaves_the_earlier_one(repo: Repo, tmp_path: Path) -> None:
    repo.write("page.html", "<p>edited</p>\n")
    source = resolve_source(repo.path, SourcePolicy.WORKTREE)
    source.export(tmp_path / "builds/context")
    before = snapshot(tmp_path / "builds/context")
    repo.write("page.html", "<p>edited again</p>\n")
    with pytest.raises(SourceError):
        source.export(tmp_path / "builds/context")
    assert snapshot(tmp_path / "builds/context") == before
    assert [path.name for path in (tmp_path / "builds").iterdir()] == ["context"]


def test_export_ignore_and_export_subst_have_no_effect(repo: Repo, tmp_path: Path) -> None:
    repo.write(".gitattributes", "page.html export-ignore\nversion export-subst\n")
    repo.write("version", "$Format:%H$\n")
    repo.commit()
    resolve_source(repo.path, SourcePolicy.COMMIT).export(tmp_path / "context")
    assert snapshot(tmp_path / "context") == snapshot(repo.path)


def test_line_ends_follow_the_trees_attributes(repo: Repo, tmp_path: Path) -> None:
    repo.write("scripts/.gitattributes", "*.bat text eol=crlf\n")
    repo.write("scripts/run.bat", "echo off\r\n")
    repo.commit()
    assert repo.git("cat-file", "-p", "HEAD:scripts/run.bat") == "echo off"
    resolve_source(repo.path / "scripts", SourcePolicy.COMMIT).export(tmp_path / "context")
    assert (tmp_path / "context/run.bat").read_bytes() == b"echo off\r\n"


def test_attributes_of_the_working_tree_have_no_effect_on_a_commit(repo: Repo, tmp_path: Path) -> None:
    repo.write(".gitattributes", "*.html text eol=crlf\n")
    resolve_source(repo.path, SourcePolicy.COMMIT).export(tmp_path / "context")
    assert (tmp_path / "context/page.html").read_bytes() == b"<p>hello</p>\n"


def test_filters_such_as_git_lfs_are_applied(repo: Repo, tmp_path: Path) -> None:
    """A filter that stores files in capitals stands in for Git LFS, which uses the same two settings."""
    repo.git("config", "filter.capitals.clean", "tr a-z A-Z")
    repo.git("config", "filter.capitals.smudge", "tr A-Z a-z")
    repo.write(".gitattributes", "*.txt filter=capitals\n")
    repo.write("stored.txt", "content\n")
    repo.commit()
    assert repo.git("cat-file", "-p", "HEAD:stored.txt") == "CONTENT"
    repo.write("new.txt", "new\n")
    resolve_source(repo.path, SourcePolicy.WORKTREE).export(tmp_path / "context")
    assert snapshot(tmp_path / "context") == snapshot(repo.path)


def test_a_git_lfs_pointer_without_its_file_is_refused(repo: Repo, tmp_path: Path) -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:" + 64 * "0" + "\nsize 3000000\n"
    repo.write(".gitattributes", "*.bin filter=lfs diff=lfs merge=lfs -text\n")
    repo.write("assets/film.bin", pointer)
    repo.commit()
    with pytest.raises(
        SourceError, match=r"assets/film.bin is stored in Git LFS, .*: install git-lfs, run `git lfs install`"
    ):
        resolve_source(repo.path, SourcePolicy.COMMIT).export(tmp_path / "context")
    assert not (tmp_path / "context").exists()


def test_a_filter_that_fails_is_reported(repo: Repo, tmp_path: Path) -> None:
    repo.write(".gitattributes", "page.html filter=broken\n")
    repo.commit()
    repo.git("config", "filter.broken.clean", "cat")
    repo.git("config", "filter.broken.smudge", "exit 3")
    repo.git("config", "filter.broken.required", "true")
    with pytest.raises(SourceError, match=r"page.html: smudge filter broken failed"):
        resolve_source(repo.path, SourcePolicy.COMMIT).export(tmp_path / "context")


def test_an_export_into_the_repository_must_be_ignored(repo: Repo) -> None:
    source = resolve_source(repo.path, SourcePolicy.COMMIT)
    with pytest.raises(SourceError, match=r"inside the repository, .*: add that folder to \.gitignore"):
        source.export(repo.path / "build/context")
    source.export(repo.path / "tmp/context")
    assert snapshot(repo.path / "tmp/context") == {
        path: file for path, file in snapshot(repo.path).items() if not path.startswith(b"tmp/")
    }
    assert resolve_source(repo.path, SourcePolicy.STRICT) == source


def test_a_folder_that_is_tracked_is_never_replaced(repo: Repo) -> None:
    before = snapshot(repo.path)
    source = resolve_source(repo.path, SourcePolicy.COMMIT)
    for destination in (repo.path, repo.path.parent, repo.path / "bin"):
        with pytest.raises(SourceError):
            source.export(destination)
    assert snapshot(repo.path) == before


def test_a_destination_that_cannot_be_written_is_reported(repo: Repo, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SourceError, match=r"The build context cannot be written to .*file/context"):
        resolve_source(repo.path, SourcePolicy.COMMIT).export(tmp_path / "file/context")


def test_links_are_exported_as_links_wherever_they_lead(repo: Repo, tmp_path: Path) -> None:
    for name, target in {"absolute": "/etc/hostname", "outside": "../../x", "folder": "bin"}.items():
        (repo.path / name).symlink_to(target)
    repo.commit()
    resolve_source(repo.path, SourcePolicy.COMMIT).export(tmp_path / "context")
    assert snapshot(tmp_path / "context") == snapshot(repo.path)
    assert stat.S_ISLNK((tmp_path / "context/folder").lstat().st_mode)
