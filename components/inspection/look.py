"""One look at every host at once, over OpenSSH."""

import io
import os
import shlex
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from ..host_tool.at_once import at_once, later
from ..host_tool.json_codec import from_json
from ..host_tool.result import HostFacts
from ..ssh_connection import SshConnection
from .private_agent import KeyRefusedError, private_agent
from .ssh_config import alias, known_hosts, ssh_config
from .unreachable import sentence

LIMIT = 5.0
"""Seconds that a look may take."""

MOST_BYTES = 2**20
"""How much a host may print."""

TURN_OFF = "pulumi config set deploy:inspect false"


@dataclass(frozen=True)
class NoAnswer:
    """A host that cannot be looked at.

    Attributes:
        reason: Why, and what to do: a sentence or two.
    """

    reason: str


Answer = HostFacts | NoAnswer


class Look:
    """A look at hosts that is under way."""

    def __init__(self, answers: Callable[[], Mapping[str, Answer]]) -> None:
        self._answers = answers

    def wait(self) -> Mapping[str, Answer]:
        """Return by host what it says, or why it does not answer."""
        return self._answers()


def start_look(
    connections: Sequence[SshConnection], words: Sequence[str], stdin: Callable[[], str], limit: float = LIMIT
) -> Look:
    """Start to look at hosts, all at once, and go on.

    Args:
        connections: The ways to the hosts.
        words: The command that prints a host's facts.
        stdin: Gives what it reads. Called once, while OpenSSH connects.
        limit: Seconds that it may take.
    """
    return Look(later(lambda: _look_at_all(connections, words, stdin, limit)))


def _look_at_all(
    connections: Sequence[SshConnection], words: Sequence[str], stdin: Callable[[], str], limit: float
) -> dict[str, Answer]:
    deadline = time.monotonic() + limit
    key = connections[0].private_key
    try:
        # Only this user can look into it.
        with tempfile.TemporaryDirectory(prefix="pulumi-kamal-") as name:
            folder = Path(name)
            (folder / "config").write_text(ssh_config(connections, folder, limit), encoding="utf-8")
            (folder / "known_hosts").write_text(known_hosts(connections), encoding="utf-8")
            with private_agent(folder / "agent", key) if key else nullcontext():
                text = later(lambda: stdin().encode())
                looks = {
                    connection.host: later(_OneLook(connection, folder, alias(number), words, text, deadline).run)
                    for number, connection in enumerate(connections)
                }
                return {host: look() for host, look in looks.items()}
    except KeyRefusedError as error:
        reason = f"OpenSSH cannot use the private key in ssh.key_data ({error}). Set one that has no passphrase"
    except OSError as error:
        reason = f"OpenSSH's client `ssh` cannot be run here ({error}). Correct that, or turn the look off: {TURN_OFF}"
    return {connection.host: NoAnswer(reason) for connection in connections}


@dataclass(frozen=True)
class _OneLook:
    """A look at one host."""

    connection: SshConnection
    folder: Path
    name: str
    words: Sequence[str]
    stdin: Callable[[], bytes]
    deadline: float

    def run(self) -> Answer:
        ssh = ["ssh", "-F", str(self.folder / "config"), self.name, shlex.join(self.words)]
        with subprocess.Popen(
            ssh, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
        ) as process:
            timer = threading.Timer(self.deadline - time.monotonic(), _end, [process])
            timer.daemon = True
            timer.start()
            written = later(lambda: _write(process, self.stdin()))
            out, err = at_once(lambda: _read(process, process.stdout), lambda: _read(process, process.stderr))
            process.wait()
            written()
            timer.cancel()
        if max(len(out), len(err)) == MOST_BYTES:
            return NoAnswer(f"it printed more than {MOST_BYTES} bytes. Check what its shell prints at a login")
        return self._answer(process.returncode, out.decode(errors="replace"), err.decode(errors="replace"))

    def _answer(self, status: int, out: str, err: str) -> Answer:
        """Return the facts in what a host has printed. The shell of the user may have printed something before."""
        if status == -signal.SIGKILL:
            return NoAnswer(sentence(self.connection, None, ""))
        if status:
            return NoAnswer(sentence(self.connection, status, err if err.strip() else out))
        try:
            return from_json(HostFacts, (out.strip().splitlines() or [""])[-1])
        except ValueError as error:
            return NoAnswer(f"it did not print its facts ({error}). Check what its shell prints at a login")


def _write(process: "subprocess.Popen[bytes]", text: bytes) -> None:
    """Write what a process reads. It need not read all of it."""
    with suppress(BrokenPipeError), process.stdin or io.BytesIO() as pipe:
        pipe.write(text)


def _read(process: "subprocess.Popen[bytes]", pipe: IO[bytes] | None) -> bytes:
    """Read what a process prints to its end. One that prints too much is ended."""
    found = (pipe or io.BytesIO()).read(MOST_BYTES)
    if len(found) == MOST_BYTES:
        _end(process)
    return found


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End ssh and the second ssh that leads through a jump host."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
