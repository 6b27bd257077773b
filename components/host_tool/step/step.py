"""A step: one run of a verb, with its messages, its locks, and what puts the host back when it fails."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import IO

from ..docker.client import DockerClient
from ..docker.engine import Docker
from ..errors import Interrupted, StepError
from ..identity import check_name
from ..proxy.client import KamalProxy
from ..records.accessory_folder import AccessoryFolder
from ..records.app_folder import AppFolder
from ..records.role_folder import RoleFolder
from .lock import holder_of, try_lock, write_holder
from .undo import Undo

LOCK_LIMIT = 60
"""Seconds that a lock is waited for."""


class Step:
    """One run of a verb for an app.

    Attributes:
        verb: The verb.
        folder: What this host remembers of the app.
        docker: The engine of this host.
        proxy: kamal-proxy on this host.
        machine: The host's own name.
        role, accessory, host, version, release, performer: Who and what the step is about, as far as it knows yet: for messages
            and for the audit log.
        waiting_for: What it waits for, for the sign of life and for the message at the time limit.
    """

    def __init__(self, verb: str, folder: AppFolder, client: DockerClient) -> None:
        self.verb, self.folder, self.docker = verb, folder, Docker(client)
        self.proxy = KamalProxy(self.docker)
        self.machine = os.uname().nodename
        self.role = self.accessory = self.host = self.version = self.release = self.performer = ""
        self.waiting_for = "its input"
        self._locks: list[IO[str]] = []

    @property
    def about(self) -> str:
        """The beginning of its messages: the verb, and what it is about."""
        parts = [f"host {self.host}"] if self.host else []
        parts += [f"role {self.role}"] if self.role else []
        parts += [f"accessory {self.accessory}"] if self.accessory else []
        return f"host_tool: {self.verb}: " + (f"{', '.join(parts)}: " if parts else "")

    @property
    def subject(self) -> str:
        """What it starts, in words."""
        return f"accessory {self.accessory}" if self.accessory else f"version {self.version} of role {self.role}"

    @property
    def short_subject(self) -> str:
        """What it starts, where the role is told already."""
        return self.accessory or self.version

    def say(self, line: str) -> None:
        """Show a line to the person who deploys.

        Raises:
            Interrupted: The connection broke: nobody listens any more.
        """
        try:
            print(line, file=sys.stderr, flush=True)
        except OSError:
            raise Interrupted("a connection that broke") from None

    def wait_for(self, what: str) -> None:
        """Remember what the step waits for from now on."""
        self.waiting_for = what

    def lock(self, path: Path) -> None:
        """Hold a lock until the step ends. Another step that holds it is waited for.

        Raises:
            StepError: It was still held at the limit.
        """
        if any(held.name == str(path) for held in self._locks):
            return
        deadline = time.monotonic() + LOCK_LIMIT
        file = try_lock(path)
        while not file:
            held = f"the lock {path}, held by {holder_of(path)}"
            if held != self.waiting_for:
                self.wait_for(held)
                self.say(f"waiting up to {LOCK_LIMIT} s for {held}")
            if time.monotonic() > deadline:
                raise StepError(f"still locked after {LOCK_LIMIT} s: {held}. Let that end, then deploy again.")
            time.sleep(0.1)
            file = try_lock(path)
        write_holder(file, f"{self.verb} of {self.folder.app}, process {os.getpid()}")
        self._locks.append(file)

    def take_role(self, name: str) -> RoleFolder:
        """Return what the host remembers of a role, which the step is about from now on.

        Raises:
            StepError: The name is not valid.
        """
        self.role = check_name("role", name)
        return self.folder.role(name)

    def take_accessory(self, name: str) -> AccessoryFolder:
        """Return what the host remembers of an accessory, which the step is about from now on.

        Raises:
            StepError: The name is not valid.
        """
        self.accessory = check_name("accessory", name)
        return self.folder.accessory(name)

    def undo(self) -> Undo:
        """Return a `with` block that puts the host back when it fails."""
        return Undo(self.about)
