"""The host tool as it travels to a host, and what installs it there. The deployer's part: a host never runs this file."""

import base64
import bz2
import hashlib
import json
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent

DEPLOYERS_OWN = ("program.py", "install.py")

MAIN = "import sys\n\nfrom host_tool.main import main\n\nsys.exit(main(sys.argv[1:]))\n"


@cache
def sources() -> str:
    """Return the program's files as JSON: path in the archive to source."""
    paths = [path for path in FOLDER.rglob("*.py") if path.name not in DEPLOYERS_OWN]
    files = {f"host_tool/{path.relative_to(FOLDER).as_posix()}": path.read_text(encoding="utf-8") for path in paths}
    return json.dumps({**files, "__main__.py": MAIN}, sort_keys=True)


@cache
def program_hash() -> str:
    """Return the first 12 hex digits of the SHA-256 of the program: a part of its name on the host."""
    return hashlib.sha256(sources().encode()).hexdigest()[:12]


@cache
def packed_program() -> str:
    """Return the program as one word.

    It is an input of a resource, so it has to be the same on every machine. bzip2 has one encoder; those of zlib differ.
    """
    return base64.b64encode(bz2.compress(sources().encode())).decode()


def bootstrap_words(app: str) -> list[str]:
    """Return the command of the first contact with a host: it finds a Python, installs the program and runs `prepare`."""
    return [
        "sh",
        "-c",
        _without_comments(FOLDER / "bootstrap.sh"),
        "sh",
        app,
        program_hash(),
        _without_comments(FOLDER / "install.py"),
    ]


def _without_comments(path: Path) -> str:
    """Return a script as a preview shows it, in the command of the first contact."""
    lines = path.read_text(encoding="ascii").splitlines()
    return "\n".join(line for line in lines if not line.lstrip().startswith("#"))
