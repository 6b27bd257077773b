"""Files and folders that belong to the user, also when root makes them."""

import os
from pathlib import Path

from dev.sandbox.paths import Paths


def make_folder(paths: Paths, folder: Path) -> None:
    """Make `folder` and its missing parents."""
    if not folder.exists():
        make_folder(paths, folder.parent)
        folder.mkdir(exist_ok=True)
        os.chown(folder, *paths.owner)


def write_file(paths: Paths, path: Path, content: str, mode: int = 0o644) -> None:
    """Replace the file `path` in one step: a reader sees the whole old or the whole new content."""
    make_folder(paths, path.parent)
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w") as file:
        file.write(content)
    draft.chmod(mode)
    os.chown(draft, *paths.owner)
    draft.replace(path)


def tail(path: Path, lines: int = 15) -> str:
    """Return the last lines of a log, for an error message."""
    text = path.read_text(errors="replace").strip() if path.exists() else ""
    return "\n".join(text.splitlines()[-lines:]) or f"({path} is empty)"
