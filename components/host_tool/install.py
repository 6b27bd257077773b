"""Installs the host tool on a host, and has it prepare the host: the first step there.

Run by unpack.py, which has unpacked the program. It becomes one executable file with its hash in the name.
"""

import hashlib
import importlib.util
import json
import marshal
import os
import subprocess
import sys
import zipfile
from pathlib import Path

SHEBANG = f"#!{sys.executable} -ISXutf8\n".encode()


def is_installed(tool: Path) -> bool:
    """Return whether the program's file is there, and runs with this Python: the one that it was installed with may be gone."""
    try:
        with tool.open("rb") as file:
            return os.access(tool, os.X_OK) and file.readline() == SHEBANG
    except OSError:
        return False


def write(tool: Path, sources: dict[str, str]) -> None:
    """Write the program's file, whole."""
    new = tool.with_name(f"{tool.name}.{os.getpid()}")
    try:
        with new.open("wb") as file:
            file.write(SHEBANG)
            with zipfile.ZipFile(file, "w") as archive:
                for path, source in sources.items():
                    archive.writestr(path, source)
                    archive.writestr(f"{path}c", compiled(source, path))
        new.chmod(0o700)
        new.replace(tool)
    finally:
        new.unlink(missing_ok=True)


def compiled(source: str, path: str) -> bytes:
    """Return a .pyc file. The tool starts faster with it, and another Python than this one takes the source."""
    unchecked = (1).to_bytes(4, "little") + bytes(8)
    return importlib.util.MAGIC_NUMBER + unchecked + marshal.dumps(compile(source, path, "exec", dont_inherit=True))


def main(sources: dict[str, str], text: str, app: str, expected: str, *words: str) -> int:
    """Install the program unless it is there, and run `prepare`.

    Args:
        sources: The program's files: path to source.
        text: The input of `prepare`.
        app: The app.
        expected: The program's hash.
        words: Further words of `prepare`.
    """
    os.umask(0o077)
    found = hashlib.sha256(json.dumps(sources, sort_keys=True).encode()).hexdigest()[:12]
    if found != expected:
        return failed(f"the program arrived damaged (hash {found}, expected {expected}). Deploy again.")
    tool = Path(".kamal", "apps", app, "bin", f"host_tool-{expected}")
    try:
        if not is_installed(tool):
            tool.parent.mkdir(parents=True, exist_ok=True)
            write(tool, sources)
    except OSError as error:
        return failed(f"the program could not be written: {error}. Correct that there, then deploy again.")
    return subprocess.run([tool, "prepare", app, *words], input=text.encode()).returncode


def failed(message: str) -> int:
    """Tell the person who deploys what is wrong, and return the exit status of the program."""
    sys.stderr.write(f"host_tool: install: {message}\n")
    return 1
