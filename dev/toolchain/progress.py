"""What a long step says while it runs."""

import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from dev.toolchain.layout import EngineError

# Seconds between two signs of life.
INTERVAL = 15

# Seconds that a command gets to clean up after itself.
GRACE = 10

# Lines of a failed command's output that are shown.
TAIL = 20


def say(line: str) -> None:
    """Print a line at once, also into a pipe."""
    print(f"engine: {line}", flush=True)


def run(what: str, words: Sequence[str], folder: Path, log: Path, environment: Mapping[str, str], limit: int) -> None:
    """Run a long command, its output in `log`; says every 15 s how long it has been at it.

    :param limit: seconds after which it is ended.
    :raises EngineError: with the end of the log, when the command fails or takes too long.
    """
    started = time.monotonic()
    with log.open("wb") as output:
        process = subprocess.Popen(words, cwd=folder, stdout=output, stderr=output, env=dict(environment))
        try:
            while True:
                try:
                    status = process.wait(INTERVAL)
                    break
                except subprocess.TimeoutExpired:
                    elapsed = time.monotonic() - started
                    say(f"  {what}: {elapsed:.0f} s so far")
                    if elapsed > limit:
                        raise EngineError(f"{what} took more than {limit} s. Its output is in {log}.") from None
        finally:
            if process.poll() is None:
                _end(process)
    if status:
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-TAIL:])
        raise EngineError(
            f"{what} failed; the end of its output ({log}):\n{tail}\nRun the same command again to go on."
        )
    if sys.stdout.isatty() or time.monotonic() - started > 1:
        say(f"  {what}: done in {time.monotonic() - started:.0f} s")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
