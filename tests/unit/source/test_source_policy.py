"""What each value of deploy:source does with uncommitted changes."""

from pathlib import Path

import pytest

from components.errors import SourceError
from components.source import SourcePolicy, resolve_source

from .repositories import Repo, snapshot


@pytest.mark.parametrize("policy", SourcePolicy)
def test_a_clean_tree_has_its_commits_id_as_version(repo: Repo, policy: SourcePolicy) -> None:
    source = resolve_source(repo.path, policy)
    assert source.version == source.commit == repo.head
    assert source.tree == repo.git("rev-parse", "HEAD^{tree}")
    assert source.left_out == ()


@pytest.mark.parametrize("policy", SourcePolicy)
def test_ignored_files_leave_a_tree_clean(repo: Repo, policy: SourcePolicy) -> None:
    repo.write("server.log")
    repo.write("tmp/cache")
    assert resolve_source(repo.path, policy).version == repo.head


def test_created_is_the_commits_date_in_utc(repo: Repo) -> None:
    assert resolve_source(repo.path, SourcePolicy.COMMIT).created == "2024-03-01T01:30:00Z"


def test_commit_exports_the_commit_and_lists_what_it_leaves_out(repo: Repo, tmp_path: Path) -> None:
    committed = snapshot(repo.path)
    repo.write("page.html", "<p>edited</p>\n")
    repo.write("new folder/new file")
    repo.write("staged")
    repo.git("add", "staged")
    (repo.path / "bin/start").unlink()
    source = resolve_source(repo.path, SourcePolicy.COMMIT)
    assert source.version == repo.head
    assert source.left_out == ("bin/start", "new folder/new file", "page.html", "staged")
    source.export(tmp_path / "context")
    assert snapshot(tmp_path / "context") == committed


def test_commit_exports_the_commit_of_its_version_even_if_head_moves_on(repo: Repo, tmp_path: Path) -> None:
    committed = snapshot(repo.path)
    source = resolve_source(repo.path, SourcePolicy.COMMIT)
    repo.write("page.html", "<p>later</p>\n")
    repo.commit()
    source.export(tmp_path / "context")
    assert snapshot(tmp_path / "context") == committed


def test_strict_refuses_and_lists_the_files(repo: Repo) -> None:
    repo.write("page.html", "<p>edited</p>\n")
    repo.write("new")
    with pytest.raises(SourceError) as refusal:
        resolve_source(repo.path, SourcePolicy.STRICT)
    message = str(refusal.value)
    assert message.startswith(
        f"2 uncommitted changes in {repo.path}, and deploy:source is strict:\n  new\n  page.html\n"
    )
    assert "Commit or stash them" in message


def test_strict_lists_twenty_files_and_counts_the_rest(repo: Repo) -> None:
    for number in range(25):
        repo.write(f"new-{number:02}")
    with pytest.raises(SourceError) as refusal:
        resolve_source(repo.path, SourcePolicy.STRICT)
    lines = str(refusal.value).splitlines()
    assert lines[1:22] == [*(f"  new-{number:02}" for number in range(20)), "  and 5 more"]


def test_worktree_exports_the_working_tree_under_a_version_of_its_own(repo: Repo, tmp_path: Path) -> None:
    repo.write("page.html", "<p>edited</p>\n")
    repo.write("new")
    (repo.path / "bin/start").unlink()
    source = resolve_source(repo.path, SourcePolicy.WORKTREE)
    assert source.version == f"{repo.head}_uncommitted_{source.tree[:16]}"
    assert source.left_out == ()
    source.export(tmp_path / "context")
    assert snapshot(tmp_path / "context") == snapshot(repo.path)
    repo.commit()
    assert source.tree == repo.git("rev-parse", "HEAD^{tree}"), "it is the id that git gives the tree"


def test_worktree_leaves_ignored_files_out(repo: Repo, tmp_path: Path) -> None:
    repo.write("new")
    before = resolve_source(repo.path, SourcePolicy.WORKTREE)
    repo.write("server.log")
    assert resolve_source(repo.path, SourcePolicy.WORKTREE) == before
    before.export(tmp_path / "context")
    assert not (tmp_path / "context/server.log").exists()


def test_worktree_has_the_same_version_whatever_is_staged(repo: Repo) -> None:
    repo.write("page.html", "<p>edited</p>\n")
    unstaged = resolve_source(repo.path, SourcePolicy.WORKTREE)
    repo.git("add", "--all")
    assert resolve_source(repo.path, SourcePolicy.WORKTREE) == unstaged


def test_worktree_has_the_commits_version_if_the_content_is_the_commits(repo: Repo) -> None:
    page = (repo.path / "page.html").read_text()
    repo.write("page.html", "<p>staged</p>\n")
    repo.git("add", "--all")
    repo.write("page.html", page)
    assert repo.git("status", "--porcelain")
    assert resolve_source(repo.path, SourcePolicy.WORKTREE).version == repo.head


def test_worktree_refuses_to_export_a_working_tree_that_changed_since(repo: Repo, tmp_path: Path) -> None:
    repo.write("page.html", "<p>edited</p>\n")
    source = resolve_source(repo.path, SourcePolicy.WORKTREE)
    repo.write("page.html", "<p>edited again</p>\n")
    with pytest.raises(SourceError, match=r"changed since the version .* was computed: run pulumi up again"):
        source.export(tmp_path / "context")
    assert list(tmp_path.iterdir()) == [repo.path], "nothing is left behind"


def test_an_edit_of_the_same_size_within_the_same_tick_is_seen(repo: Repo) -> None:
    versions = set()
    for letter in "abcdefgh":
        repo.write("page.html", letter)
        versions.add(resolve_source(repo.path, SourcePolicy.WORKTREE).version)
    assert len(versions) == 8


def test_file_names_are_escaped_for_the_terminal(repo: Repo) -> None:
    repo.write("red\x1b[31m\nname é")
    (repo.path / "caf\udce9").touch()
    assert resolve_source(repo.path, SourcePolicy.COMMIT).left_out == ("caf\\xe9", "red\\x1b[31m\\nname é")
