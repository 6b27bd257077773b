"""Files that belong to the user, also when root writes them."""

import os
from pathlib import Path

from dev.sandbox.layout import Layout


def make_folder(layout: Layout, folder: Path) -> None:
    """Make `folder` and what is missing above it, as the user's."""
    if not folder.exists():
        make_folder(layout, folder.parent)
        folder.mkdir(exist_ok=True)
        os.chown(folder, *layout.owner)


def write_file(layout: Layout, path: Path, content: str, mode: int = 0o644) -> None:
    """Replace `path` at once: a reader sees the old or the new content, never a half. It is the user's."""
    make_folder(layout, path.parent)
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "w") as file:
        file.write(content)
    draft.chmod(mode)
    os.chown(draft, *layout.owner)
    draft.replace(path)


def tail(path: Path, lines: int = 15) -> str:
    """The last lines of a log, for an error message; a note when there are none."""
    text = path.read_text(errors="replace").strip() if path.exists() else ""
    return "\n".join(text.splitlines()[-lines:]) or f"({path} is empty)"
