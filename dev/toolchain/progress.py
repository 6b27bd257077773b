"""Messages, and long commands that report while they run."""

import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from dev.toolchain.errors import ToolchainError

# Seconds between two messages of a long step.
INTERVAL = 15

# Seconds that a command gets to clean up when it is stopped.
GRACE = 10

# How many lines of a failed command's output are shown.
TAIL = 20


def say(line: str) -> None:
    """Print a message at once, also into a pipe."""
    print(f"toolchain: {line}", flush=True)


def run(
    what: str, words: Sequence[str | Path], folder: Path, log: Path, environment: Mapping[str, str], limit: float
) -> None:
    """Run a long command with its output in a log file; report every 15 s how long it has been running.

    Args:
        what: What the command makes, for messages: "the docker plugin".
        words: The command.
        folder: Where it runs.
        log: The file for its output.
        environment: All its environment variables.
        limit: Seconds after which it is stopped.

    Raises:
        ToolchainError: The command failed or took too long; the message has the end of its output.
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
                        raise ToolchainError(f"{what} took more than {limit:g} s. Its output is in {log}.") from None
        finally:
            if process.poll() is None:
                _stop(process)
    if status:
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-TAIL:])
        raise ToolchainError(
            f"{what} failed. The end of its output ({log}):\n{tail}\nTo continue, run the same command again."
        )
    if sys.stdout.isatty() or time.monotonic() - started > 1:
        say(f"  {what}: done in {time.monotonic() - started:.0f} s")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
