"""Runs `inspect` on a host where the host tool is not installed, and leaves nothing there.

Run by unpack.py, which has unpacked the program.
"""

import importlib
import importlib.abc
import importlib.machinery
import io
import sys
from typing import Any, Optional


class SourceFinder(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Finds modules in a mapping of paths to sources."""

    def __init__(self, sources: dict[str, str]) -> None:
        self._sources = sources

    def find_spec(self, name: str, *_: Any) -> Optional[importlib.machinery.ModuleSpec]:
        """Return where a module comes from, None if it is none of these."""
        if self._path(name) not in self._sources:
            return None
        return importlib.machinery.ModuleSpec(name, self, origin=self._path(name), is_package=self.is_package(name))

    def get_source(self, name: str) -> str:
        """Return the source of a module."""
        return self._sources[self._path(name)]

    def is_package(self, name: str) -> bool:
        """Return whether a module is a package."""
        return f"{name.replace('.', '/')}/__init__.py" in self._sources

    def _path(self, name: str) -> str:
        return f"{name.replace('.', '/')}{'/__init__' if self.is_package(name) else ''}.py"


def main(sources: dict[str, str], text: str, app: str, program: str) -> int:
    """Run `inspect`.

    Args:
        sources: The program's files: path to source.
        text: The input of `inspect`.
        app: The app.
        program: The program's hash.
    """
    sys.meta_path.insert(0, SourceFinder(sources))
    sys.argv[0], sys.stdin = f"host_tool-{program}", io.StringIO(text)
    status: int = importlib.import_module("host_tool.main").main(["inspect", app])
    return status
