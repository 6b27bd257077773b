"""The build context that is written: the tree's content, whole or not at all."""

import stat
from pathlib import Path

import pytest

from components.errors import SourceError
from components.source import resolve_source

from .repositories import Repo, picture


def test_every_file_has_the_commits_date(repo: Repo, tmp_path: Path) -> None:
    (repo.path / "dangling").symlink_to("nowhere")
    repo.commit()
    for policy, new in (("commit", None), ("worktree", "new")):
        if new:
            repo.write(new)
        context = tmp_path / policy
        resolve_source(repo.path, policy).export(context)
        times = {path.lstat().st_mtime for path in (context, *context.rglob("*"))}
        assert times == {1709256600}, "2024-03-01T01:30:00Z"


def test_no_trace_of_git_is_exported(repo: Repo, tmp_path: Path) -> None:
    resolve_source(repo.path, "commit").export(tmp_path / "context")
    assert {path.name for path in (tmp_path / "context").iterdir()} == {".gitignore", "Dockerfile", "bin", "page.html"}
    assert {path.name for path in tmp_path.iterdir()} == {"app", "context"}, "no scratch folder stays"


def test_an_earlier_export_is_replaced_whole(repo: Repo, tmp_path: Path) -> None:
    source = resolve_source(repo.path, "commit")
    source.export(tmp_path / "builds/context")
    (tmp_path / "builds/context/page.html").write_text("damaged")
    (tmp_path / "builds/context/left over").touch()
    source.export(tmp_path / "builds/context")
    assert picture(tmp_path / "builds/context") == picture(repo.path)
    assert [path.name for path in (tmp_path / "builds").iterdir()] == ["context"]


def test_an_export_that_fails_leaves_the_earlier_one(repo: Repo, tmp_path: Path) -> None:
    repo.write("page.html", "<p>edited</p>\n")
    source = resolve_source(repo.path, "worktree")
    source.export(tmp_path / "builds/context")
    before = picture(tmp_path / "builds/context")
    repo.write("page.html", "<p>edited again</p>\n")
    with pytest.raises(SourceError):
        source.export(tmp_path / "builds/context")
    assert picture(tmp_path / "builds/context") == before
    assert [path.name for path in (tmp_path / "builds").iterdir()] == ["context"]


def test_export_ignore_and_export_subst_do_not_count(repo: Repo, tmp_path: Path) -> None:
    repo.write(".gitattributes", "page.html export-ignore\nversion export-subst\n")
    repo.write("version", "$Format:%H$\n")
    repo.commit()
    resolve_source(repo.path, "commit").export(tmp_path / "context")
    assert picture(tmp_path / "context") == picture(repo.path)


def test_line_ends_follow_the_trees_attributes(repo: Repo, tmp_path: Path) -> None:
    repo.write("scripts/.gitattributes", "*.bat text eol=crlf\n")
    repo.write("scripts/run.bat", "echo off\r\n")
    repo.commit()
    assert repo.git("cat-file", "-p", "HEAD:scripts/run.bat") == "echo off"
    resolve_source(repo.path / "scripts", "commit").export(tmp_path / "context")
    assert (tmp_path / "context/run.bat").read_bytes() == b"echo off\r\n"


def test_attributes_of_the_working_tree_do_not_count_for_a_commit(repo: Repo, tmp_path: Path) -> None:
    repo.write(".gitattributes", "*.html text eol=crlf\n")
    resolve_source(repo.path, "commit").export(tmp_path / "context")
    assert (tmp_path / "context/page.html").read_bytes() == b"<p>hello</p>\n"


def test_filters_such_as_git_lfs_are_applied(repo: Repo, tmp_path: Path) -> None:
    """A filter that stores files in capitals stands for Git LFS: the same two settings, clean and smudge."""
    repo.git("config", "filter.capitals.clean", "tr a-z A-Z")
    repo.git("config", "filter.capitals.smudge", "tr A-Z a-z")
    repo.write(".gitattributes", "*.txt filter=capitals\n")
    repo.write("stored.txt", "content\n")
    repo.commit()
    assert repo.git("cat-file", "-p", "HEAD:stored.txt") == "CONTENT"
    repo.write("new.txt", "new\n")
    resolve_source(repo.path, "worktree").export(tmp_path / "context")
    assert picture(tmp_path / "context") == picture(repo.path)


def test_a_pointer_in_place_of_a_git_lfs_file_is_refused(repo: Repo, tmp_path: Path) -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:" + 64 * "0" + "\nsize 3000000\n"
    repo.write(".gitattributes", "*.bin filter=lfs diff=lfs merge=lfs -text\n")
    repo.write("assets/film.bin", pointer)
    repo.commit()
    with pytest.raises(
        SourceError, match=r"assets/film.bin is kept in Git LFS, .*: install git-lfs, run `git lfs install`"
    ):
        resolve_source(repo.path, "commit").export(tmp_path / "context")
    assert not (tmp_path / "context").exists()


def test_a_filter_that_fails_is_reported(repo: Repo, tmp_path: Path) -> None:
    repo.write(".gitattributes", "page.html filter=broken\n")
    repo.commit()
    repo.git("config", "filter.broken.clean", "cat")
    repo.git("config", "filter.broken.smudge", "exit 3")
    repo.git("config", "filter.broken.required", "true")
    with pytest.raises(SourceError, match=r"page.html: smudge filter broken failed"):
        resolve_source(repo.path, "commit").export(tmp_path / "context")


def test_an_export_into_the_repository_must_be_ignored(repo: Repo) -> None:
    source = resolve_source(repo.path, "commit")
    with pytest.raises(SourceError, match=r"inside the repository, .*: add that folder to \.gitignore"):
        source.export(repo.path / "build/context")
    source.export(repo.path / "tmp/context")
    assert picture(repo.path / "tmp/context") == {
        path: file for path, file in picture(repo.path).items() if not path.startswith(b"tmp/")
    }
    assert resolve_source(repo.path, "strict") == source


def test_a_folder_that_is_tracked_is_never_replaced(repo: Repo) -> None:
    before = picture(repo.path)
    source = resolve_source(repo.path, "commit")
    for destination in (repo.path, repo.path.parent, repo.path / "bin"):
        with pytest.raises(SourceError):
            source.export(destination)
    assert picture(repo.path) == before


def test_a_destination_that_cannot_be_written_is_named(repo: Repo, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SourceError, match=r"The build context cannot be written to .*file/context"):
        resolve_source(repo.path, "commit").export(tmp_path / "file/context")


def test_links_are_exported_as_links_wherever_they_lead(repo: Repo, tmp_path: Path) -> None:
    for name, target in {"absolute": "/etc/hostname", "outside": "../../x", "folder": "bin"}.items():
        (repo.path / name).symlink_to(target)
    repo.commit()
    resolve_source(repo.path, "commit").export(tmp_path / "context")
    assert picture(tmp_path / "context") == picture(repo.path)
    assert stat.S_ISLNK((tmp_path / "context/folder").lstat().st_mode)
