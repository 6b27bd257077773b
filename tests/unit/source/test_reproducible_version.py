"""The same content has the same version: in another process, in another clone and with another configuration."""

import os
import sys
from pathlib import Path

import pytest

from components.source import SourcePolicy, resolve_source

from .repositories import PROJECT, RESOLVE, Repo, fingerprint, snapshot, version_in_another_process

CONFIGURATIONS = {
    "core.autocrlf": "true",
    "core.eol": "crlf",
    "core.fileMode": "false",
    "core.quotePath": "false",
    "core.safecrlf": "true",
    "core.splitIndex": "true",
    "core.symlinks": "false",
    "core.untrackedCache": "true",
    "diff.ignoreSubmodules": "all",
    "index.version": "4",
    "log.showSignature": "true",
    "status.relativePaths": "true",
    "status.showUntrackedFiles": "no",
    "status.branch": "true",
}


def edit(repo: Repo) -> None:
    repo.write("page.html", "<p>edited</p>\n")
    repo.write("windows.bat", "echo off\r\n")
    repo.write("bin/new", "#!/bin/sh\n", mode=0o755)
    repo.write("plain", mode=0o644)
    (repo.path / "bin/start").chmod(0o644)
    (repo.path / "index.html").symlink_to("page.html")


def test_two_processes_agree_on_a_dirty_tree(repo: Repo) -> None:
    """The bug in Kamal that this project fixes: the build and the hooks each computed a version of their own."""
    edit(repo)
    repo.write("a name that is not UTF-8: \udce9")
    here = resolve_source(repo.path, SourcePolicy.WORKTREE).version
    assert "_uncommitted_" in here
    assert version_in_another_process(repo.path, SourcePolicy.WORKTREE) == here
    assert (
        version_in_another_process(repo.path, SourcePolicy.WORKTREE, PYTHONHASHSEED="1", LC_ALL="C", LANG="C") == here
    )


@pytest.mark.parametrize(("key", "value"), CONFIGURATIONS.items())
def test_a_users_configuration_changes_nothing(repo: Repo, tmp_path: Path, key: str, value: str) -> None:
    other = repo.clone(tmp_path / "other", "--quiet")
    other.git("config", key, value)
    edit(repo)
    edit(other)
    ours, theirs = resolve_source(repo.path, SourcePolicy.WORKTREE), resolve_source(other.path, SourcePolicy.WORKTREE)
    assert theirs.version == ours.version
    theirs.export(tmp_path / "context")
    assert snapshot(tmp_path / "context") == snapshot(repo.path)
    changes = ("bin/new", "bin/start", "index.html", "page.html", "plain", "windows.bat")
    assert (
        resolve_source(other.path, SourcePolicy.COMMIT).left_out
        == resolve_source(repo.path, SourcePolicy.COMMIT).left_out
        == changes
    )


def test_a_users_global_ignore_file_changes_nothing(repo: Repo, tmp_path: Path) -> None:
    repo.write("new")
    expected = resolve_source(repo.path, SourcePolicy.WORKTREE).version
    ignored = tmp_path / "ignored"
    ignored.write_text("new\n")
    repo.git("config", "core.excludesFile", str(ignored))
    assert resolve_source(repo.path, SourcePolicy.WORKTREE).version == expected


def test_a_users_global_attributes_change_nothing(repo: Repo, tmp_path: Path) -> None:
    repo.write("windows.bat", "echo off\r\n")
    expected = resolve_source(repo.path, SourcePolicy.WORKTREE).version
    attributes = tmp_path / "attributes"
    attributes.write_text("* text eol=lf\n")
    repo.git("config", "core.attributesFile", str(attributes))
    assert resolve_source(repo.path, SourcePolicy.WORKTREE).version == expected


def test_a_clone_that_was_checked_out_with_crlf_is_clean(repo: Repo, tmp_path: Path) -> None:
    other = repo.clone(tmp_path / "other", "--config", "core.autocrlf=true")
    page = other.path / "page.html"
    assert page.read_bytes().endswith(b"\r\n")
    os.utime(page, (0, 0))  # so git must read the file to know that it is unchanged
    assert resolve_source(other.path, SourcePolicy.STRICT).version == repo.head
    other.write("new")
    repo.write("new")
    source = resolve_source(other.path, SourcePolicy.WORKTREE)
    assert source.version == resolve_source(repo.path, SourcePolicy.WORKTREE).version
    source.export(tmp_path / "context")
    assert snapshot(tmp_path / "context") == snapshot(repo.path)


def test_the_variables_of_a_git_hook_change_nothing(repo: Repo, tmp_path: Path) -> None:
    edit(repo)
    other = repo.clone(tmp_path / "other")
    foreign = {
        "GIT_DIR": str(other.path / ".git"),
        "GIT_WORK_TREE": str(other.path),
        "GIT_INDEX_FILE": str(other.path / ".git/index.lock"),
        "GIT_OBJECT_DIRECTORY": str(tmp_path / "nowhere"),
        "GIT_CONFIG_PARAMETERS": "'status.showUntrackedFiles=no'",
        "GIT_LITERAL_PATHSPECS": "1",
        "GIT_PREFIX": "bin/",
    }
    expected = resolve_source(repo.path, SourcePolicy.WORKTREE).version
    before = fingerprint(repo.path / ".git"), fingerprint(other.path / ".git")
    assert version_in_another_process(repo.path, SourcePolicy.WORKTREE, **foreign) == expected
    assert (fingerprint(repo.path / ".git"), fingerprint(other.path / ".git")) == before


def test_a_real_commit_hook_computes_the_same_version(repo: Repo) -> None:
    edit(repo)
    expected = resolve_source(repo.path, SourcePolicy.WORKTREE).version
    answer = repo.path.parent / "answer"
    hook = repo.write(".git/hooks/pre-commit", mode=0o755)
    resolve = f"'{sys.executable}' -c '{RESOLVE}' '{repo.path}' {SourcePolicy.WORKTREE}"
    hook.write_text(f"#!/bin/sh\ncd '{PROJECT}' && {resolve} > '{answer}'\n")
    repo.git("commit", "--quiet", "--all", "--message", "With a hook")
    assert answer.read_text().strip() == expected


def test_the_users_umask_changes_nothing(repo: Repo, tmp_path: Path) -> None:
    edit(repo)
    before = os.umask(0o077)
    try:
        source = resolve_source(repo.path, SourcePolicy.WORKTREE)
        source.export(tmp_path / "context")
    finally:
        os.umask(before)
    assert source.version == resolve_source(repo.path, SourcePolicy.WORKTREE).version
    modes = {
        name: (tmp_path / "context" / name).stat().st_mode & 0o777 for name in (".", "bin", "bin/new", "page.html")
    }
    assert modes == {".": 0o755, "bin": 0o755, "bin/new": 0o755, "page.html": 0o644}


@pytest.mark.parametrize("split_index", ["false", "true"])
def test_the_users_repository_is_only_read(repo: Repo, tmp_path: Path, split_index: str) -> None:
    repo.git("config", "core.splitIndex", split_index)
    repo.git("update-index", "--force-write-index", "--refresh")
    hook = repo.write(".git/hooks/post-index-change", f"#!/bin/sh\necho ran >> '{tmp_path}/hook-ran'\n", mode=0o755)
    assert os.access(hook, os.X_OK)
    edit(repo)
    os.utime(repo.path / "Dockerfile", (0, 0))  # `git status` would note this in the index
    before = fingerprint(repo.path / ".git")
    for policy in (SourcePolicy.COMMIT, SourcePolicy.WORKTREE):
        resolve_source(repo.path, policy).export(tmp_path / policy)
    assert fingerprint(repo.path / ".git") == before
    assert not (tmp_path / "hook-ran").exists()


def test_a_locked_index_changes_nothing(repo: Repo) -> None:
    edit(repo)
    expected = resolve_source(repo.path, SourcePolicy.WORKTREE).version
    repo.write(".git/index.lock")
    assert resolve_source(repo.path, SourcePolicy.WORKTREE).version == expected


def test_a_replaced_commit_changes_nothing(repo: Repo) -> None:
    """`git replace` only affects one clone."""
    original = resolve_source(repo.path, SourcePolicy.COMMIT)
    first = repo.head
    repo.write("page.html", "<p>replacement</p>\n")
    second = repo.commit()
    repo.git("reset", "--quiet", "--hard", first)
    repo.git("replace", first, second)
    assert resolve_source(repo.path, SourcePolicy.COMMIT).tree == original.tree
