"""The program that runs a hook on the deployer: shows its output in short lines, ends it at its limit, reports its failure.

It is run as `python3 - LIMIT HOOK`, with `runner_text()` on standard input. A path to this file would differ between two
people's machines, and be a diff; and the error of a failing hook shows the command, which should be short.
"""

import os
import signal
import sys
import time
from pathlib import Path

from .host_tool.output import lines_of
from .host_tool.script import failure_of, run_script

RUNNER = ("python3", "-I", "-X", "utf8", "-")
"""Runs the program on standard input. Nothing in the project's folder is imported, and its output is UTF-8 anywhere."""


def runner_text() -> str:
    """Return the program: this file, after the two that it imports. The Python that runs it does not have this package."""
    folder = Path(__file__).parent
    files = (folder / "host_tool" / "output.py", folder / "host_tool" / "script.py", Path(__file__))
    lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines(keepends=True)]
    return "".join(line for line in lines if not line.startswith("from ."))


def run_hook(limit: int, hook: str) -> int:
    """Run a hook, and return the exit status of the program.

    Args:
        limit: Seconds that it may take.
        hook: Its path.
    """
    environment = dict(os.environ)
    if started_at := environment.get("KAMAL_STARTED_AT"):
        # In a variable of its own: the time is no input, or every deploy would differ.
        environment["KAMAL_RUNTIME"] = str(max(0, int(time.time()) - int(started_at)))
    status = run_script(hook, environment, limit, lines_of, lambda line: print(line, flush=True))
    failure = failure_of(f"hook {Path(hook).name}", status, limit, "here")
    if failure:
        print(failure, file=sys.stderr, flush=True)
    return 1 if failure else 0


def exit_on_signals() -> None:
    """Turn a signal into an exit: on its way out, `run_script` ends the hook and all that it started."""
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: sys.exit(128 + number))


if __name__ == "__main__":
    exit_on_signals()
    sys.exit(run_hook(int(sys.argv[1]), sys.argv[2]))
