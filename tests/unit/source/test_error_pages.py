"""The error pages of a version are those of its tree, whatever the working tree has."""

from pathlib import Path

import pytest

from components.errors import SourceError
from components.source import SourcePolicy, read_error_pages, resolve_source
from tests.unit.source.repositories import Repo

PAGES = {"503.html": "<p>{{ .Message }}</p>\n", "404.html": "<p>né</p>\r\n\n"}


@pytest.fixture
def committed(repo: Repo) -> Repo:
    """A repository with pages, and with files beside them that are none."""
    for name, text in PAGES.items():
        repo.write(f"public/{name}", text)
    for name in ("index.html", "200.html", "503.html.bak", "50x.html", "503/index.html"):
        repo.write(f"public/{name}")
    repo.commit()
    return repo


def test_they_are_those_of_the_commit_byte_for_byte(committed: Repo) -> None:
    version = committed.head
    committed.write("public/503.html", "live")
    committed.write("public/500.html", "untracked")
    found = read_error_pages(committed.path / "public", version)
    assert (dict(found.pages), found.note) == (PAGES, "")


def test_those_of_an_older_version_are_read_from_its_own_commit(committed: Repo) -> None:
    older = committed.head
    committed.write("public/503.html", "newer")
    committed.commit()
    (committed.path / "public" / "503.html").unlink()
    assert read_error_pages(committed.path / "public", older).pages["503.html"] == PAGES["503.html"]


def test_those_of_an_uncommitted_version_are_those_of_the_working_tree(committed: Repo) -> None:
    committed.write("public/503.html", "live\n")
    committed.write("public/500.html", "untracked")
    version = resolve_source(committed.path, SourcePolicy.WORKTREE).version
    found = read_error_pages(committed.path / "public", version)
    assert found.pages == PAGES | {"503.html": "live\n", "500.html": "untracked"}
    assert found.note == ""


@pytest.mark.parametrize("version", ["v7", "0" * 40, f"{'0' * 40}_uncommitted_0123456789abcdef"])
def test_those_of_a_version_that_is_not_here_are_those_of_the_last_commit(committed: Repo, version: str) -> None:
    found = read_error_pages(committed.path / "public", version)
    assert found.pages == PAGES
    assert f"the version {version} is not in the repository" in found.note
    assert found.note.endswith(f"the error pages are those of its last commit, {committed.head[:12]}")


def test_the_top_of_the_repository_may_have_them(repo: Repo) -> None:
    repo.write("503.html", "x")
    repo.commit()
    assert read_error_pages(repo.path, repo.head).pages == {"503.html": "x"}


@pytest.mark.parametrize("folder", ["nowhere", "public/503"])
def test_a_folder_without_pages_is_told(committed: Repo, folder: str) -> None:
    with pytest.raises(
        SourceError, match=rf"error_pages_path: there is no page such as 503.html in the folder {folder} of"
    ):
        read_error_pages(committed.path / folder, committed.head)


def test_a_folder_outside_the_repository_is_told(committed: Repo, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (committed.path / "pages").mkdir()
    link = committed.path / "pages" / "link"
    link.symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    with pytest.raises(SourceError, match=r"not in (the|a) Git repository"):
        read_error_pages(link, committed.head)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"\xff", "404.html is not a text in UTF-8"),
        (b"version https://git-lfs.github.com/spec/v1\n", "404.html is stored in Git LFS"),
        (b"x" * 1_000_001, "have more than 1 MB together"),
    ],
    ids=["no text", "Git LFS", "too large"],
)
def test_a_page_that_cannot_be_used_is_told(committed: Repo, content: bytes, problem: str) -> None:
    committed.write("public/404.html", content)
    committed.commit()
    with pytest.raises(SourceError, match=problem):
        read_error_pages(committed.path / "public", committed.head)
