"""Containers on this host."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from ..identity import RoleIdentity
from ..output import last_lines
from .client import DockerClient
from .environment import Environment

UP = ("running", "restarting", "paused")
"""The states of a container that has a process, or is about to."""


@dataclass(frozen=True)
class Container:
    """A container in a list.

    Attributes:
        id: The 12 hex digits by which Docker, kamal-proxy and people know it.
        name: Its name.
        state: Docker's word: created, running, restarting, paused, exited or dead.
        release: Its release label, "" if Kamal made it.
        version: Its version label.
    """

    id: str
    name: str
    state: str
    release: str = ""
    version: str = ""

    @property
    def is_up(self) -> bool:
        """Whether it has a process, or is about to."""
        return self.state in UP


class Containers:
    """What the steps ask Docker about containers."""

    def __init__(self, client: DockerClient) -> None:
        self._client = client

    def of_role(self, role: RoleIdentity) -> list[Container]:
        """List the containers of a role, newest first."""
        filters = {"service": role.service, "role": role.role, "destination": role.destination}
        return self._list(*(f"label={label}={value}" for label, value in filters.items()))

    def of_no_release(self, service: str, destination: str) -> list[Container]:
        """List the containers of an app that Kamal has made."""
        found = self._list(f"label=service={service}", f"label=destination={destination}", "label=role")
        return [container for container in found if not container.release]

    def publishing(self, port: int) -> list[Container]:
        """List the running containers that have a port of the host."""
        return [found for found in self._list(f"publish={port}") if found.is_up]

    def ids(self, *filters: str) -> list[str]:
        """Return the ids of containers, stopped ones too, newest first.

        Raises:
            DockerError: It does not answer.
        """
        return self._client.run("ps", "--all", "--quiet", *_filter_words(filters)).stdout.split()

    def _list(self, *filters: str) -> list[Container]:
        fields = {
            "id": "{{json .ID}}",
            "name": "{{json .Names}}",
            "state": "{{json .State}}",
            "release": '{{json (.Label "release")}}',
            "version": '{{json (.Label "version")}}',
        }
        template = ",".join(f'"{name}":{value}' for name, value in fields.items())
        listed = self._client.run("ps", "--all", *_filter_words(filters), "--format", "{" + template + "}").stdout
        return [Container(**json.loads(line)) for line in listed.splitlines()]

    def create(self, words: Sequence[str], environment: Environment, *, start: bool) -> str:
        """Make a container, and return its id.

        Args:
            words: The arguments of `docker run`.
            environment: Its environment variables.
            start: Whether it starts at once.

        Raises:
            DockerError: It could not be made or started. It may be there all the same.
        """
        verb = ("run", "--detach") if start else ("create",)
        made = self._client.run(*verb, *words, stdin=environment.file, env=environment.exported)
        return made.stdout.strip()[:12]

    def start(self, containers: Iterable[str]) -> None:
        """Start containers."""
        self._client.run("start", *containers)

    def stop(self, containers: Iterable[str], seconds: int) -> None:
        """Stop containers, all at once, each with so many seconds between TERM and KILL."""
        self._client.run("stop", "--time", str(seconds), *containers)

    def wait(self, container: str) -> None:
        """Wait until a container ends."""
        self._client.run("wait", container)

    def remove(self, containers: Iterable[str]) -> None:
        """Remove containers with their anonymous volumes; named volumes stay."""
        self._client.run("rm", "--force", "--volumes", *containers)

    def remove_keeping_data(self, containers: Iterable[str]) -> None:
        """Remove containers, and leave all their volumes, also those that have no name."""
        self._client.run("rm", "--force", *containers)

    def rename(self, container: str, name: str) -> None:
        """Rename a container."""
        self._client.run("rename", container, name)

    def logs(self, container: str, number: int) -> list[str]:
        """Return the last lines of a container's log."""
        done = self._client.run("logs", "--tail", str(number), container, check=False)
        return last_lines(done.stdout + done.stderr, number)

    def following(self, container: str) -> AbstractContextManager[Iterator[str]]:
        """Give the lines that a container prints from its start until it ends."""
        return self._client.lines("logs", "--follow", container, check=False)


def _filter_words(filters: Iterable[str]) -> Iterator[str]:
    for text in filters:
        yield from ("--filter", text)
