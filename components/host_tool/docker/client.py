"""Docker's command line client: it knows contexts, logins and versions."""

from __future__ import annotations

import io
import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import IO, Any, Optional

from ..errors import StepError
from ..output import last_lines, lines_of

# Lines of the client that say nothing about the error.
NOISE = ("Usage:", "Run 'docker", "See 'docker")


class DockerError(Exception):
    """Docker refused something. The text is what it said.

    Attributes:
        command: What it was asked for, such as `docker ps`.
    """

    def __init__(self, said: str, command: str = "docker") -> None:
        super().__init__(said)
        self.command = command


class DockerClient:
    """Runs the client, and gives what it prints."""

    def run(
        self, *words: str, stdin: str = "", env: Optional[Mapping[str, str]] = None, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Run the client.

        Args:
            words: Its arguments.
            stdin: What it reads.
            env: Variables added to its environment.
            check: Whether an error raises.

        Raises:
            DockerError: It failed.
        """
        with _started(words, env, stdin=subprocess.PIPE, encoding="utf-8", errors="replace") as client:
            output, said = client.communicate(stdin)
        if check and client.returncode:
            raise _error(said, words)
        return subprocess.CompletedProcess(words, client.returncode, output, said)

    def run_bytes(self, *words: str, stdin: bytes = b"") -> bytes:
        """Run the client, and return what it prints as it is.

        Raises:
            DockerError: It failed.
        """
        with _started(words, stdin=subprocess.PIPE) as client:
            output, said = client.communicate(stdin)
        if client.returncode:
            raise _error(said.decode(errors="replace"), words)
        return bytes(output)

    @contextmanager
    def lines(
        self, *words: str, env: Optional[Mapping[str, str]] = None, check: bool = True
    ) -> Iterator[Iterator[str]]:
        """Run the client, and give its lines and those about its errors as they come.

        Args:
            words: Its arguments.
            env: Variables added to its environment.
            check: Whether an error raises.

        Raises:
            DockerError: At the end: it failed.
        """
        said: list[str] = []
        with _started(words, env, stderr=subprocess.STDOUT) as client:
            yield _remembering(lines_of(client.stdout or io.BytesIO()), said)
            if check and client.wait():
                raise _error("\n".join(said[-3:]), words)

    @contextmanager
    def stream(self, *words: str) -> Iterator[IO[bytes]]:
        """Run the client, and give what it prints, as it is and as it comes.

        Raises:
            DockerError: At the end: it failed.
        """
        with _started(words) as client:
            yield client.stdout or io.BytesIO()
            said = (client.stderr or io.BytesIO()).read()
            if client.wait():
                raise _error(said.decode(errors="replace"), words)

    def inspect(self, *objects: str) -> list[dict[str, Any]]:
        """Return all that Docker knows about containers, images or networks, of those that are there."""
        listed = self.run("inspect", "--format", "{{json .}}", *objects, check=False).stdout
        return [json.loads(line) for line in listed.splitlines() if line]


@contextmanager
def _started(
    words: tuple[str, ...], env: Optional[Mapping[str, str]] = None, **options: Any
) -> Iterator[subprocess.Popen[Any]]:
    """Start the client, which ends at the latest with this context. Nothing else starts it."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
    with subprocess.Popen(["docker", *words], env={**os.environ, **(env or {})}, **pipes) as client:
        try:
            yield client
        finally:
            client.kill()


def _error(said: str, words: tuple[str, ...]) -> DockerError:
    return DockerError(said, f"docker {words[0]}")


def _remembering(lines: Iterator[str], said: list[str]) -> Iterator[str]:
    for line in lines:
        said.append(line)
        yield line


def docker_failed(message: str, error: DockerError) -> StepError:
    """Return the failure of a step, with Docker's own words above it."""
    said = [line for line in last_lines(str(error), 20) if not line.startswith(NOISE)]
    return StepError(message, "\n".join(f"Docker says: {line}" for line in said[-3:]))
