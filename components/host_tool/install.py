"""Installs the host tool on a host, and has it prepare the host.

Run by bootstrap.sh as `python -c INSTALLER APP HASH`, with the input of `prepare` on standard input. Its field `tool` is the
program, which becomes one executable file with its hash in the name.
"""

import base64
import bz2
import hashlib
import importlib.util
import json
import marshal
import os
import subprocess
import sys
import zipfile
from pathlib import Path


def unpacked(packed: str, expected: str) -> dict[str, str]:
    """Return the program's files: path to source."""
    sources = bz2.decompress(base64.b64decode(packed))
    found = hashlib.sha256(sources).hexdigest()[:12]
    if found != expected:
        raise ValueError(f"hash {found}, expected {expected}")
    return dict(json.loads(sources))


def write(tool: Path, sources: dict[str, str]) -> None:
    """Write the program's file, whole."""
    new = tool.with_name(f"{tool.name}.{os.getpid()}")
    try:
        with new.open("wb") as file:
            file.write(f"#!{sys.executable} -ISXutf8\n".encode())
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


def main(app: str, expected: str) -> int:
    """Install the program unless it is there, and run `prepare`."""
    os.umask(0o077)
    text = sys.stdin.read()
    tool = Path(".kamal", "apps", app, "bin", f"host_tool-{expected}")
    if not os.access(tool, os.X_OK):
        try:
            sources = unpacked(json.loads(text)["tool"], expected)
        except Exception as error:
            return failed(f"the program arrived damaged ({error}). Deploy again.")
        try:
            tool.parent.mkdir(parents=True, exist_ok=True)
            write(tool, sources)
        except OSError as error:
            return failed(f"the program could not be written: {error}. Correct that there, then deploy again.")
    return subprocess.run([tool, "prepare", app], input=text.encode()).returncode


def failed(message: str) -> int:
    """Tell the person who deploys what is wrong, and return the exit status of the program."""
    sys.stderr.write(f"host_tool: install: {message}\n")
    return 1


sys.exit(main(*sys.argv[1:]))
