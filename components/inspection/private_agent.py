"""An SSH agent for the private key of the settings, so that it is never written to a disk."""

import io
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..secret import Secret

LIFETIME = 20
"""Seconds after which the agent ends though this program was killed."""

SCRIPT = f"ssh-add -q - && echo ready && exec sleep {LIFETIME}"


class KeyRefusedError(Exception):
    """The agent does not take the key. The text is what OpenSSH says."""


@contextmanager
def private_agent(socket: Path, key: Secret) -> Iterator[None]:
    """Run an SSH agent that has one key.

    Args:
        socket: Where it listens.
        key: The private key.

    Raises:
        KeyRefusedError: It is no private key, or has a passphrase.
        OSError: OpenSSH is not installed.
    """
    with subprocess.Popen(
        # The agent ends soon after the command that it was started with.
        ["ssh-agent", "-a", socket, "sh", "-c", SCRIPT],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        env={**os.environ, "SSH_ASKPASS_REQUIRE": "never"},
    ) as process:
        stdin, stdout = process.stdin or io.BytesIO(), process.stdout or io.BytesIO()
        # OpenSSH does not take a key without an end of its last line.
        stdin.write(key.reveal().rstrip("\n").encode() + b"\n")
        stdin.close()
        if (answer := stdout.readline()) != b"ready\n":
            raise KeyRefusedError((answer + stdout.read()).decode(errors="replace").strip())
        try:
            yield
        finally:
            process.kill()
