"""The program of the build as one text, because the Python that runs it does not have this package."""

from pathlib import Path

RUNNER = ("python3", "-I", "-X", "utf8", "-")
"""Runs the program on standard input. Nothing in the project's folder is imported."""

PARTS = ("spec", "builder", "words", "diagnosis", "runner")


def program_text() -> str:
    """Return the program: its files, each after those that it imports."""
    files = [Path(__file__).with_name(f"{part}.py") for part in PARTS]
    lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines(keepends=True)]
    return "".join(line for line in lines if not line.startswith("from ."))
