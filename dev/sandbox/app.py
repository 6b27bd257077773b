"""A sample app as a Git repository of its own, for the user to edit."""

import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

from dev.sandbox.commands import run
from dev.sandbox.files import make_folder
from dev.sandbox.paths import Paths

# Fixed, so that the first commit, which is the first version, is the same for everybody.
DATE = "2026-01-01T00:00:00Z"
CONFIG = {"user.name": "Sandbox", "user.email": "sandbox@example.invalid", "commit.gpgsign": "false"}


def ensure(paths: Paths, source: Path, app: Path, say: Callable[[str], None]) -> None:
    """Make an app's repository unless there is one: the user's edits stay.

    Args:
        paths: The sandbox's paths.
        source: The folder with the app as it comes with the project.
        app: Where the repository is.
        say: Prints a line.
    """
    if (app / ".git").is_dir():
        return
    say(f"app: making a Git repository from {source.name}/")
    # Under another name first, so that a killed run does not leave half a repository.
    draft = app.with_name(f"{app.name}.new")
    shutil.rmtree(draft, ignore_errors=True)
    make_folder(paths, draft)
    copy(paths, source, draft)
    git(paths, draft, "init", "--quiet", "--initial-branch=main")
    for key, value in CONFIG.items():
        git(paths, draft, "config", key, value)
    git(paths, draft, "add", "--all")
    git(paths, draft, "commit", "--quiet", "--message=The sample app")
    draft.rename(app)


def copy(paths: Paths, source: Path, target: Path) -> None:
    """Copy a folder, with the modes that Git knows instead of those that an archive or a umask gave the files."""
    for path in sorted(source.rglob("*")):
        new = target / path.relative_to(source)
        if path.is_dir():
            new.mkdir()
            new.chmod(0o755)
        else:
            shutil.copyfile(path, new)
            new.chmod(0o755 if path.stat().st_mode & stat.S_IXUSR else 0o644)
        os.chown(new, *paths.owner)


def git(paths: Paths, repository: Path, *arguments: str) -> None:
    """Run git as the user, but without the settings of the user or the machine."""
    env = {
        "PATH": os.environ["PATH"],
        "HOME": os.devnull,
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_DATE": DATE,
        "GIT_COMMITTER_DATE": DATE,
    }
    run(["git", "-C", str(repository), *arguments], env=env, user=paths.owner)
