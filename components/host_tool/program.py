"""The host tool as it travels to a host, and what installs it there. The deployer's part: a host never runs this file."""

import base64
import bz2
import hashlib
import json
import re
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent

DEPLOYERS_OWN = ("program.py", "unpack.py")

PREPARE_LIMIT = 300
"""Seconds that `prepare` may take."""

INSTALL_LIMIT = 900
"""Seconds that it may take where it may have to install Docker."""

INSPECT_LIMIT = 4
"""Seconds that `inspect` may take: less than the deployer waits, so that it can say what it waits for."""

MAIN = "import sys\n\nfrom host_tool.main import main\n\nsys.exit(main(sys.argv[1:]))\n"

DOCSTRING = re.compile(r'^( *)""".*?"""$', re.DOTALL | re.MULTILINE)
COMMENT = re.compile(r"^ *#.*$", re.MULTILINE)


@cache
def sources() -> str:
    """Return the program's files as JSON: path in the archive to source."""
    paths = [path for path in FOLDER.rglob("*.py") if path.name not in DEPLOYERS_OWN]
    files = {f"host_tool/{path.relative_to(FOLDER).as_posix()}": _without_prose(path) for path in paths}
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


def bootstrap_words(app: str, limit: int = PREPARE_LIMIT) -> list[str]:
    """Return the command of the first step on a host: it finds a Python, installs the program and runs `prepare`."""
    return ["sh", "-c", _script("bootstrap.sh"), *_unpacked(limit, "install.py", app)]


def inspect_words(app: str) -> list[str]:
    """Return the command that looks at a host, where nothing needs to be installed.

    Its input is two lines: the spec of `inspect`, and the packed program.
    """
    script = f"{_script('inspect.sh')}\n{_script('bootstrap.sh')}"
    return ["sh", "-c", script, *_unpacked(INSPECT_LIMIT, "from_memory.py", app)]


def _unpacked(limit: int, module: str, app: str) -> list[str]:
    """Return the words of bootstrap.sh that unpack the program on a host, and run one of its modules."""
    return ["sh", str(limit), app, program_hash(), _script("unpack.py"), f"host_tool/{module}"]


def _script(name: str) -> str:
    """Return a script without its comments, as a preview shows it in the command of the first contact."""
    return "\n".join(line for line in _without_prose(FOLDER / name).splitlines() if line not in ("", '"-"'))


def _without_prose(path: Path) -> str:
    """Return a file without its docstrings and comments. What is left stays in its line, so that a traceback tells which.

    The packed program is four times in the state for each host, and the engine logs it at each update.
    """
    # Not an empty string: for a class without a docstring, dataclass makes one, which takes time at each start.
    text = DOCSTRING.sub(lambda found: f'{found[1]}"-"' + "\n" * found[0].count("\n"), path.read_text(encoding="utf-8"))
    return COMMENT.sub("", text)
