"""How git is run: which program, for how long, and how often."""

import subprocess
import sys
from pathlib import Path

import pytest

from components.errors import SourceError
from components.source import SourcePolicy, resolve_source
from components.source.git_command import run_git

from .repositories import PROJECT, Repo


def test_a_missing_git_is_reported(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SourceError, match=r"^git is not installed: .* Install git\."):
        resolve_source(repo.path, SourcePolicy.COMMIT)


def test_a_missing_git_is_reported_although_gitpython_cannot_be_imported_without_it(repo: Repo, tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from components.errors import SourceError; from components.source import *\n"
        f"try: resolve_source(Path({str(repo.path)!r}), SourcePolicy.COMMIT)\n"
        "except SourceError as error: print(error)"
    )
    output = subprocess.check_output([sys.executable, "-c", code], cwd=PROJECT, env={"PATH": str(tmp_path)}, text=True)
    assert output.startswith("git is not installed: ")


def test_a_git_command_that_hangs_is_stopped(repo: Repo) -> None:
    with pytest.raises(SourceError, match=rf"git hang for {repo.path} did not finish within 0\.2 seconds"):
        run_git(repo.path, "hang", configuration={"alias.hang": "!sleep 60"}, timeout=0.2)


def test_git_never_runs_in_another_folder_than_the_one_asked_for(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"cannot change to .*gone"):
        run_git(tmp_path / "gone", "rev-parse", "--show-toplevel")


@pytest.mark.parametrize(
    ("policy", "dirty", "expected"),
    [
        (SourcePolicy.COMMIT, False, ["rev-parse", "rev-list", "status"]),
        (SourcePolicy.COMMIT, True, ["rev-parse", "rev-list", "status", "config"]),
        (SourcePolicy.WORKTREE, True, ["rev-parse", "rev-list", "status", "config", "add", "write-tree"]),
    ],
)
def test_a_deploy_starts_few_git_processes(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, policy: SourcePolicy, dirty: bool, expected: list[str]
) -> None:
    """Each one adds a few milliseconds to the time until the first resource is registered."""
    resolve_source(repo.path, policy)  # GitPython runs `git version` when it is imported
    if dirty:
        repo.write("new")
    monkeypatch.setenv("GIT_TRACE2", str(tmp_path / "trace"))
    resolve_source(repo.path, policy)
    lines = (tmp_path / "trace").read_text().splitlines()
    names = [line.split(" cmd_name ")[1].split()[0] for line in lines if " cmd_name " in line]
    assert names == expected
