"""The Docker engine of this host, through its command line: it knows contexts, logins and versions."""

from __future__ import annotations

import io
import json
import os
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Optional

from ..errors import StepError
from ..identity import RoleIdentity
from ..output import last_lines, lines_of
from .environment import Environment

UP = ("running", "restarting", "paused")
"""The states of a container that has a process, or is about to."""

# Lines of the Docker client that say nothing about the error.
NOISE = ("Usage:", "Run 'docker", "See 'docker")


class DockerError(Exception):
    """Docker refused something. The text is what it said.

    Attributes:
        command: What it was asked for, such as `docker ps`.
    """

    def __init__(self, said: str, command: str = "docker") -> None:
        super().__init__(said)
        self.command = command


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


@dataclass(frozen=True)
class ContainerState:
    """What a container does.

    Attributes:
        status: Docker's word, or "gone".
        restarts: How often Docker has restarted it.
        exit_code: Of its last end.
        oom_killed: Whether the kernel ended it because its memory ran out.
        health: The verdict of its HEALTHCHECK, "none" without one.
        address: Its address in the network that was asked for, "" if it has none.
        pid: Its process on this host, 0 if it has none.
    """

    status: str
    restarts: int = 0
    exit_code: int = 0
    oom_killed: bool = False
    health: str = "none"
    address: str = ""
    pid: int = 0

    def has_crashed(self, restarts_before: int) -> bool:
        """Whether it has ended for good. Docker restarts a crashing container for ever; three times is enough."""
        return self.status in ("exited", "dead", "gone") or self.restarts - restarts_before >= 3


@dataclass(frozen=True)
class ContainerDetails:
    """What a container is made of, as Docker says.

    Attributes:
        id: Its whole id.
        name: Its name.
        is_running: Whether it runs.
        since: When it was started, in UTC: 2026-01-31T12:00:00Z.
        release: Its release label.
        version: Its version label.
        kamal_version: KAMAL_VERSION in its environment.
        image_id: Docker's id of its image.
    """

    id: str
    name: str
    is_running: bool
    since: str
    release: str
    version: str
    kamal_version: str
    image_id: str


@dataclass(frozen=True)
class Image:
    """An image on this host.

    Attributes:
        id: Docker's id of it.
        service: Its service label.
        version: Its version label.
        build: Its label with a hash of the settings that it was built with, "" for none.
        digests: The references repository@sha256:… under which registries know it.
    """

    id: str
    service: str
    version: str
    build: str
    digests: tuple[str, ...]


@dataclass(frozen=True)
class Engine:
    """A Docker engine.

    Attributes:
        version: Its version.
        root: Its data folder.
    """

    version: str
    root: str


class Docker:
    """What the steps ask Docker for. `run` is the only place that starts its client."""

    def run(
        self, *words: str, stdin: str = "", env: Optional[Mapping[str, str]] = None, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Run the Docker client.

        Args:
            words: Its arguments.
            stdin: What it reads.
            env: Variables added to its environment.
            check: Whether an error raises.

        Raises:
            DockerError: It failed.
        """
        done = subprocess.run(
            ["docker", *words],
            input=stdin,
            env={**os.environ, **(env or {})},
            capture_output=True,
            encoding="utf-8",
            errors="replace",
        )
        if check and done.returncode:
            raise DockerError(done.stderr, f"docker {words[0]}")
        return done

    # The engine.

    def engine(self) -> Engine:
        """Return what the engine says of itself.

        Raises:
            DockerError: It does not answer, or may not be used.
        """
        done = self.run("info", "--format", "{{json .}}", check=False)
        # A client that cannot reach the engine may exit with 0, and print all that it knows without it.
        info = json.loads(done.stdout or "{}")
        if not info.get("ServerVersion"):
            raise DockerError(done.stderr, "docker info")
        return Engine(info["ServerVersion"], info["DockerRootDir"])

    def ensure_network(self, name: str) -> bool:
        """Make a network unless it is there, and return whether it was made."""
        if self.has_network(name):
            return False
        try:
            self.run("network", "create", name)
        except DockerError:
            # Somebody else may have made it in the meantime.
            if not self.has_network(name):
                raise
        return True

    def has_network(self, name: str) -> bool:
        """Return whether a network is there."""
        return self.run("network", "inspect", name, check=False).returncode == 0

    def remove_network(self, name: str) -> None:
        """Remove a network, unless a container, be it a stopped one, would miss it."""
        if not self.run("ps", "--all", "--quiet", "--filter", f"network={name}", check=False).stdout:
            self.run("network", "rm", name, check=False)

    # Containers.

    def containers(self, role: RoleIdentity) -> list[Container]:
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
        words = [word for text in filters for word in ("--filter", text)]
        return self.run("ps", "--all", "--quiet", *words).stdout.split()

    def _list(self, *filters: str) -> list[Container]:
        words = [word for text in filters for word in ("--filter", text)]
        fields = {
            "id": "{{json .ID}}",
            "name": "{{json .Names}}",
            "state": "{{json .State}}",
            "release": '{{json (.Label "release")}}',
            "version": '{{json (.Label "version")}}',
        }
        template = ",".join(f'"{name}":{value}' for name, value in fields.items())
        listed = self.run("ps", "--all", *words, "--format", "{" + template + "}").stdout
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
        return self.run(*verb, *words, stdin=environment.file, env=environment.exported).stdout.strip()[:12]

    def start(self, containers: Iterable[str]) -> None:
        """Start containers."""
        self.run("start", *containers)

    def stop(self, containers: Iterable[str], seconds: int) -> None:
        """Stop containers, all at once, each with so many seconds between TERM and KILL."""
        self.run("stop", "--time", str(seconds), *containers)

    def wait(self, container: str) -> None:
        """Wait until a container ends."""
        self.run("wait", container)

    def remove(self, containers: Iterable[str]) -> None:
        """Remove containers with their anonymous volumes; named volumes stay."""
        self.run("rm", "--force", "--volumes", *containers)

    def remove_keeping_data(self, containers: Iterable[str]) -> None:
        """Remove containers, and leave all their volumes, also those that have no name."""
        self.run("rm", "--force", *containers)

    def rename(self, container: str, name: str) -> None:
        """Rename a container."""
        self.run("rename", container, name)

    def state(self, container: str, network: str) -> ContainerState:
        """Return what a container does."""
        found = self.inspect(container)
        if not found:
            return ContainerState("gone")
        data = found[0]
        state, networks = data["State"], data["NetworkSettings"]["Networks"]
        return ContainerState(
            status=state["Status"],
            restarts=data["RestartCount"],
            exit_code=state["ExitCode"],
            oom_killed=state["OOMKilled"],
            health=(state.get("Health") or {}).get("Status", "none"),
            address=(networks.get(network) or {}).get("IPAddress", ""),
            pid=state["Pid"],
        )

    def details(self, container: str, image: str) -> tuple[ContainerDetails, Image]:
        """Return what a container is made of, and an image.

        Raises:
            DockerError: One of them is not there.
        """
        found = self.inspect(container, image)
        if len(found) < 2:
            raise DockerError("no such container, or no such image", "docker inspect")
        data = found[0]
        labels = data["Config"]["Labels"] or {}
        variables = dict(variable.partition("=")[::2] for variable in data["Config"]["Env"] or ())
        details = ContainerDetails(
            id=data["Id"],
            name=data["Name"].lstrip("/"),
            is_running=data["State"]["Running"],
            since=timestamp(data["State"]["StartedAt"]),
            release=labels.get("release", ""),
            version=labels.get("version", ""),
            kamal_version=variables.get("KAMAL_VERSION", ""),
            image_id=data["Image"],
        )
        return details, _image(found[1])

    def inspect(self, *objects: str) -> list[dict[str, Any]]:
        """Return all that Docker knows about containers, images or networks, of those that are there."""
        listed = self.run("inspect", "--format", "{{json .}}", *objects, check=False).stdout
        return [json.loads(line) for line in listed.splitlines() if line]

    def logs(self, container: str, number: int) -> list[str]:
        """Return the last lines of a container's log."""
        done = self.run("logs", "--tail", str(number), container, check=False)
        return last_lines(done.stdout + done.stderr, number)

    @contextmanager
    def following(self, container: str) -> Iterator[Iterator[str]]:
        """Give the lines that a container prints from its start until it ends."""
        words = ["docker", "logs", "--follow", container]
        with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as client:
            try:
                yield lines_of(client.stdout or io.BytesIO())
            finally:
                client.kill()

    # Files.

    def copy_out(self, container: str, path: str) -> bytes:
        """Return a folder of a container as a tar archive. The container need not run.

        Raises:
            DockerError: The container or the folder is not there.
        """
        return self._copy(f"{container}:{path}", "-")

    def copy_in(self, container: str, folder: str, archive: bytes) -> None:
        """Unpack a tar archive in a folder of a container, with the owners and modes in it. The container need not run.

        Raises:
            DockerError: The container or the folder is not there, or has no room.
        """
        self._copy("-", f"{container}:{folder}", archive)

    def _copy(self, source: str, target: str, archive: bytes = b"") -> bytes:
        done = subprocess.run(["docker", "cp", source, target], input=archive, capture_output=True)
        if done.returncode:
            raise DockerError(done.stderr.decode(errors="replace"), "docker cp")
        return done.stdout

    # Images.

    @contextmanager
    def container_that_never_starts(self, image: str, name: str) -> Iterator[None]:
        """Have a container of an image for a while, to read what is in it.

        Args:
            image: The image, which is on this host.
            name: The name of the container. One that an earlier call has left is removed.

        Raises:
            DockerError: It could not be made.
        """
        remove = ("rm", "--force", "--volumes", name)
        self.run(*remove, check=False)
        try:
            # An image need not have a command of its own.
            self.run("create", "--name", name, "--network", "none", "--pull", "never", image, "true")
            yield
        finally:
            self.run(*remove, check=False)

    @contextmanager
    def reading(self, container: str, folder: str) -> Iterator[IO[bytes]]:
        """Give a folder of a container as a tar archive.

        Raises:
            DockerError: At the end: there is no such folder.
        """
        words = ["docker", "cp", "--follow-link", f"{container}:{folder}", "-"]
        with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as client:
            try:
                yield client.stdout or io.BytesIO()
                said = (client.stderr or io.BytesIO()).read()
                if client.wait():
                    raise DockerError(said.decode(errors="replace"), "docker cp")
            finally:
                client.kill()

    def image(self, image: str) -> Optional[Image]:
        """Return an image of this host, None if it is not here."""
        found = self.inspect(image)
        return _image(found[0]) if found else None

    @contextmanager
    def pulling(self, image: str, config: str) -> Iterator[Iterator[str]]:
        """Pull an image, and give Docker's lines about it.

        Args:
            image: Its reference.
            config: The folder with the login to its registry.

        Raises:
            DockerError: At the end: it could not be pulled.
        """
        environment = {**os.environ, **self._same_engine(), "DOCKER_CONFIG": config}
        with subprocess.Popen(
            ["docker", "pull", image], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        ) as client:
            said: list[str] = []
            try:
                yield _remembering(lines_of(client.stdout or io.BytesIO()), said)
                if client.wait():
                    raise DockerError("\n".join(said[-3:]), "docker pull")
            finally:
                client.kill()

    def remove_volume(self, volume: str) -> None:
        """Remove a volume.

        Raises:
            DockerError: A container uses it.
        """
        self.run("volume", "rm", "--force", volume)

    def remove_image(self, image: str) -> bool:
        """Remove an image, and return whether it is gone. Docker keeps one that a container uses."""
        return self.run("image", "rm", image, check=False).returncode == 0 or self.image(image) is None

    def _same_engine(self) -> dict[str, str]:
        """Return what keeps the choice of the engine (docker context use) when the folder of the logins is another."""
        try:
            context = json.loads(Path("~/.docker/config.json").expanduser().read_text()).get("currentContext")
        except (OSError, ValueError):
            return {}
        if not context or "DOCKER_HOST" in os.environ:
            return {}
        return {"DOCKER_HOST": self.run("context", "inspect", "--format", "{{.Endpoints.docker.Host}}").stdout.strip()}


def timestamp(text: str) -> str:
    """Return a time as Docker tells it without its fractions: 2026-01-31T12:00:00Z."""
    return text.partition(".")[0].rstrip("Z") + "Z"


def docker_failed(message: str, error: DockerError) -> StepError:
    """Return the failure of a step, with Docker's own words above it."""
    said = [line for line in last_lines(str(error), 20) if not line.startswith(NOISE)]
    return StepError(message, "\n".join(f"Docker says: {line}" for line in said[-3:]))


def _image(data: Mapping[str, Any]) -> Image:
    labels = data["Config"].get("Labels") or {}
    return Image(
        id=data["Id"],
        service=labels.get("service", ""),
        version=labels.get("org.opencontainers.image.version", ""),
        build=labels.get("pulumi-kamal.build", ""),
        digests=tuple(data.get("RepoDigests") or ()),
    )


def _remembering(lines: Iterator[str], said: list[str]) -> Iterator[str]:
    for line in lines:
        said.append(line)
        yield line
