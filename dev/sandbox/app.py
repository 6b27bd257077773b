"""The sample app as a git repository of its own, for the user to edit."""

import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

from dev.sandbox.commands import run
from dev.sandbox.files import make_folder
from dev.sandbox.layout import Layout

# Fixed, so that the first version is the same for everybody.
WHEN = "2026-01-01T00:00:00Z"
IDENTITY = {"user.name": "Sandbox", "user.email": "sandbox@example.invalid", "commit.gpgsign": "false"}


def ensure(layout: Layout, say: Callable[[str], None]) -> None:
    """Make the app's repository from `example/`, unless there is one: the user's edits stay."""
    if (layout.app / ".git").is_dir():
        return
    say("app: making a git repository from example/")
    # Under another name first: a run that is killed leaves no half repository.
    draft = layout.app.with_name("app.new")
    shutil.rmtree(draft, ignore_errors=True)
    make_folder(layout, draft)
    copy(layout.example, draft, layout)
    git(layout, draft, "init", "--quiet", "--initial-branch=main")
    for key, value in IDENTITY.items():
        git(layout, draft, "config", key, value)
    git(layout, draft, "add", "--all")
    git(layout, draft, "commit", "--quiet", "--message=The sample app")
    draft.rename(layout.app)


def copy(source: Path, target: Path, layout: Layout) -> None:
    """Copy a folder with plain modes, whatever an archive or umask made of them."""
    for path in sorted(source.rglob("*")):
        new = target / path.relative_to(source)
        if path.is_dir():
            new.mkdir()
            new.chmod(0o755)
        else:
            shutil.copyfile(path, new)
            new.chmod(0o755 if path.stat().st_mode & stat.S_IXUSR else 0o644)
        os.chown(new, *layout.owner)


def git(layout: Layout, repository: Path, *words: str) -> None:
    """Run git as the user, but with nobody's own settings."""
    nothing = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "HOME": os.devnull}
    dates = {"GIT_AUTHOR_DATE": WHEN, "GIT_COMMITTER_DATE": WHEN}
    env = {"PATH": os.environ["PATH"], **nothing, **dates}
    run(["git", "-C", str(repository), *words], env=env, user=layout.owner)
