"""A Docker engine in memory, with the containers of an app and a kamal-proxy in one of them.

It is asked in the words of the Docker client, so the class `Docker` itself is tested with it, too.
"""

import hashlib
import io
import itertools
import json
import os
import tarfile
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from subprocess import CompletedProcess
from typing import IO, Any

from components.host_tool.docker.client import DockerClient, DockerError
from components.host_tool.proxy.files import CONFIG

# Options of `docker run` whose value is a word of its own. Any other one is a flag, or has its value behind a "=".
VALUE_OPTIONS = ("name", "network", "pull", "restart", "volume", "publish", "log-opt", "label", "env-file", "env")


# Who kamal-proxy runs as.
PROXY_USER = 1000


class Killed(BaseException):
    """The host tool was killed (kill -9, power): nothing that would put the host back runs any more."""


@dataclass
class FakeImage:
    """An image, in the registry or on the host."""

    reference: str
    service: str
    version: str
    build: str = ""

    @property
    def id(self) -> str:
        return "sha256:" + hashlib.sha256(self.reference.encode()).hexdigest()

    def inspect(self) -> dict[str, Any]:
        repository, _, digest = self.reference.partition("@")
        labels = {"service": self.service, "org.opencontainers.image.version": self.version}
        if self.build:
            labels["pulumi-kamal.build"] = self.build
        return {
            "Id": self.id,
            "Config": {"Labels": labels},
            "RepoDigests": [f"{repository.rpartition(':')[0]}@{digest}"],
        }


@dataclass
class FakeContainer:
    """A container, made from the words of `docker run`."""

    id: str
    name: str
    image: str
    image_id: str
    network: str
    labels: Mapping[str, str]
    env: Mapping[str, str]
    ports: Sequence[str]
    mounts: Sequence[str] = ()
    state: str = "created"
    restarts: int = 0
    exit_code: int = 0
    started_at: str = "0001-01-01T00:00:00Z"
    health: str | None = None

    def inspect(self) -> dict[str, Any]:
        running = self.state == "running"
        return {
            "Id": self.id,
            "Name": f"/{self.name}",
            "Image": self.image_id,
            "RestartCount": self.restarts,
            "Config": {
                "Image": self.image,
                "Labels": dict(self.labels),
                "Env": [f"{name}={value}" for name, value in self.env.items()],
            },
            "State": {
                "Status": self.state,
                "Running": running,
                "ExitCode": self.exit_code,
                "OOMKilled": False,
                "Pid": os.getpid() if running else 0,
                "StartedAt": self.started_at,
                "FinishedAt": "0001-01-01T00:00:00Z",
                "Health": self.health and {"Status": self.health},
            },
            "HostConfig": {"PortBindings": {f"{port}/tcp": [{"HostPort": port}] for port in self.ports}},
            "NetworkSettings": {"Networks": {self.network: {"IPAddress": "127.0.0.1" if running else ""}}},
        }


@dataclass
class Failure:
    """A call that fails, once.

    Attributes:
        words: How the call begins.
        status: Its exit status.
        said: What the client says.
        done: Whether the engine has done what it was asked for all the same.
    """

    words: tuple[str, ...]
    status: int
    said: str
    done: bool = False


@dataclass
class FakeDocker(DockerClient):
    """The engine of a host.

    Attributes:
        containers_by_age: The containers, newest first.
        images: The images on the host.
        registry: What can be pulled.
        networks: The networks.
        folders: By image, the folders in it: by path, its files with what is in each.
        volumes: The ids of containers whose anonymous volumes are there.
        named_volumes: The names of the other volumes.
        routes: What kamal-proxy routes to: service to target.
        requests: The host names and the path of the routes that were deployed. A route that a test has made is for the
            host name SERVICE.test.
        stopped: The routes that are in maintenance, each with its message.
        with_tls: The routes that serve HTTPS.
        files: What kamal-proxy has in its volume: path to content.
        failures: Calls that will fail.
        crashing: Versions, and images of accessories, whose containers end as soon as they are started.
        unhealthy: Versions whose containers have a HEALTHCHECK that fails.
        task_output: What a release task prints; an exception among the lines is raised in its place.
        task_has_log: Whether what a release task prints can be followed: not with the log driver "none".
        task_status: The exit status of a release task, None for one that does not end.
        calls: What the engine was asked for.
        killed_at: After how many calls the host tool is killed.
    """

    containers_by_age: list[FakeContainer] = field(default_factory=list)
    images: dict[str, FakeImage] = field(default_factory=dict)
    registry: dict[str, FakeImage] = field(default_factory=dict)
    folders: dict[str, dict[str, dict[str, str]]] = field(default_factory=dict)
    networks: set[str] = field(default_factory=set)
    volumes: set[str] = field(default_factory=set)
    named_volumes: set[str] = field(default_factory=set)
    routes: dict[str, str] = field(default_factory=dict)
    requests: dict[str, tuple[tuple[str, ...], str]] = field(default_factory=dict)
    stopped: dict[str, str] = field(default_factory=dict)
    with_tls: set[str] = field(default_factory=set)
    files: dict[str, str] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    crashing: set[str] = field(default_factory=set)
    unhealthy: set[str] = field(default_factory=set)
    task_output: list[str | BaseException] = field(default_factory=list)
    task_has_log: bool = True
    task_status: int | None = 0
    calls: list[tuple[str, ...]] = field(default_factory=list)
    killed_at: int | None = None
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def named(self, name: str) -> FakeContainer:
        """Return a container by its name or by the beginning of its id."""
        found = self._find(name)
        assert found, f"there is no container {name}"
        return found

    def states(self) -> dict[str, str]:
        """Return the version of each of the app's containers, with its state."""
        return {each.labels["version"]: each.state for each in self.containers_by_age if "release" in each.labels}

    def fail(self, *words: str, status: int = 1, said: str = "", done: bool = False) -> None:
        """Have the next call that begins with these words fail."""
        self.failures.append(Failure(words, status, said, done))

    # The client.

    def run(
        self, *words: str, stdin: str = "", env: Mapping[str, str] | None = None, check: bool = True
    ) -> CompletedProcess[str]:
        self._count(words)
        failure = next((each for each in self.failures if words[: len(each.words)] == each.words), None)
        if failure:
            self.failures.remove(failure)
            if failure.done:
                self._answer(words, stdin, env or {})
            done = CompletedProcess(words, failure.status, "", failure.said)
        else:
            done = self._answer(words, stdin, env or {})
        if check and done.returncode:
            raise DockerError(done.stderr)
        return done

    @contextmanager
    def lines(self, *words: str, env: Mapping[str, str] | None = None, check: bool = True) -> Iterator[Iterator[str]]:
        self._count(words)
        if words[0] == "logs":
            yield self._follow(self.named(words[-1]))
            return
        verb, image = words
        assert verb == "pull"
        assert env
        assert "DOCKER_CONFIG" in env
        yield iter(["a1: Pulling fs layer", "a1: Pull complete"])
        if image not in self.registry:
            raise DockerError("manifest unknown")
        self.images[image] = self.registry[image]

    def run_bytes(self, *words: str, stdin: bytes = b"") -> bytes:
        self._count(words)
        _, source, target = words
        container, _, folder = (target if source == "-" else source).partition(":")
        self._found([container])
        assert folder == CONFIG
        if source == "-":
            return self._unpack(stdin)
        output = io.BytesIO()
        with tarfile.open(fileobj=output, mode="w") as tar:
            for path, text in {"": None, "kamal-proxy.state": "[]", **self.files}.items():
                entry = tarfile.TarInfo(f"kamal-proxy/{path}".rstrip("/"))
                entry.uid = entry.gid = PROXY_USER
                entry.type = tarfile.DIRTYPE if text is None else tarfile.REGTYPE
                entry.size = len((text or "").encode())
                tar.addfile(entry, io.BytesIO((text or "").encode()))
        return output.getvalue()

    @contextmanager
    def stream(self, *words: str) -> Iterator[IO[bytes]]:
        self._count(words)
        container, _, folder = words[-2].partition(":")
        files = self.folders.get(self.named(container).image, {}).get(folder)
        yield io.BytesIO(b"" if files is None else archive_of(Path(folder).name, files))
        if files is None:
            raise DockerError(f"Error: No such container:path: {container}:{folder}")

    def _unpack(self, archive: bytes) -> bytes:
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            for entry in tar:
                assert (entry.uid, entry.mode) == (PROXY_USER, 0o700 if entry.isdir() else 0o600)
                content = tar.extractfile(entry)
                if content:
                    self.files[entry.name] = content.read().decode()
        return b""

    def _count(self, words: tuple[str, ...]) -> None:
        if self.killed_at is not None and len(self.calls) >= self.killed_at:
            raise Killed
        self.calls.append(words)

    def _follow(self, container: FakeContainer) -> Iterator[str]:
        if not self.task_has_log:
            return
        for line in self.task_output:
            if isinstance(line, BaseException):
                raise line
            yield line
        self._end(container)

    def _wait(self, words: list[str]) -> str:
        [container] = self._found(words)
        self._end(container)
        return f"{container.exit_code}\n"

    def _end(self, container: FakeContainer) -> None:
        while self.task_status is None and container.state == "running":
            time.sleep(0.01)
        container.state, container.exit_code = "exited", self.task_status or 0

    # What the engine does.

    def _answer(self, words: tuple[str, ...], stdin: str, env: Mapping[str, str]) -> CompletedProcess[str]:
        verb, *rest = words
        verbs: dict[str, Callable[[list[str]], str]] = {
            "info": lambda _: json.dumps({"ServerVersion": "28.0.0", "DockerRootDir": "/var/lib/docker"}),
            "network": self._network,
            "ps": self._ps,
            "inspect": self._inspect,
            "run": lambda words: self._create(words, stdin, env, start=True),
            "create": lambda words: self._create(words, stdin, env, start=False),
            "start": self._start,
            "stop": self._stop,
            "wait": self._wait,
            "rm": self._rm,
            "rename": self._rename,
            "logs": lambda _: "the container's log\n",
            "pull": lambda words: self.images.update({words[-1]: FakeImage(words[-1], "", "")}) or "",
            "image": self._remove_image,
            "volume": self._remove_volume,
            "exec": self._exec,
        }
        try:
            return CompletedProcess(words, 0, verbs[verb](rest), "")
        except DockerError as error:
            return CompletedProcess(words, 1, "", str(error))

    def _find(self, name: str) -> FakeContainer | None:
        return next((each for each in self.containers_by_age if each.name == name or each.id.startswith(name)), None)

    def _found(self, names: Sequence[str]) -> list[FakeContainer]:
        for name in names:
            if not self._find(name):
                raise DockerError(f"Error response from daemon: No such container: {name}")
        return [self.named(name) for name in names]

    def _network(self, words: list[str]) -> str:
        verb, name = words
        if verb == "create":
            self.networks.add(name)
        elif name not in self.networks:
            raise DockerError(f"Error response from daemon: network {name} not found")
        elif verb == "rm":
            self.networks.remove(name)
        return ""

    def _ps(self, words: list[str]) -> str:
        filters = [words[place + 1].partition("=")[::2] for place, word in enumerate(words) if word == "--filter"]
        listed = [each for each in self.containers_by_age if all(_fits(each, *wanted) for wanted in filters)]
        if "--quiet" in words:
            return "".join(f"{each.id[:12]}\n" for each in listed)
        return "".join(_fill(words[-1], each) + "\n" for each in listed)

    def _inspect(self, words: list[str]) -> str:
        objects = words[2:]
        found = [self._find(name) or self.images.get(name) for name in objects]
        return "".join(json.dumps(each.inspect()) + "\n" for each in found if each)

    def _create(self, words: list[str], stdin: str, env: Mapping[str, str], *, start: bool) -> str:
        options, image = _parse(words)
        name = options["name"][0]
        if image not in self.images:
            raise DockerError(f"docker: Error response from daemon: No such image: {image}.")
        if self._find(name):
            raise DockerError(f'docker: Error response from daemon: Conflict. The container name "/{name}" is in use.')
        lines = dict(line.partition("=")[::2] for line in stdin.split("\n") if line)
        made = FakeContainer(
            id=hashlib.sha256(f"container {next(self._numbers)}".encode()).hexdigest(),
            name=name,
            image=image,
            image_id=self.images[image].id,
            network=options["network"][0],
            mounts=options.get("volume", []),
            labels=dict(label.partition("=")[::2] for label in options.get("label", ())),
            env={**lines, **{name: env[name] for name in options.get("env", ())}},
            ports=[port.split(":")[-2] if ":" in port else port for port in options.get("publish", ())],
        )
        self.containers_by_age.insert(0, made)
        self.volumes.add(made.id)
        if start:
            self._start([name])
        return made.id + "\n"

    def _start(self, names: list[str]) -> str:
        for container in self._found(names):
            others = [each for each in self.containers_by_age if each.state == "running" and each is not container]
            for port in container.ports:
                if any(port in each.ports for each in others):
                    raise DockerError(f"Error response from daemon: Bind for 0.0.0.0:{port} failed: already allocated")
            version = container.labels.get("version", container.image)
            container.state, container.exit_code = ("exited", 1) if version in self.crashing else ("running", 0)
            container.started_at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f123Z")
            container.health = "unhealthy" if version in self.unhealthy else None
        return ""

    def _stop(self, words: list[str]) -> str:
        names = words[2:] if words[0] == "--time" else words
        for container in self._found(names):
            if container.state in ("running", "restarting", "paused"):
                container.state = "exited"
        return ""

    def _rm(self, words: list[str]) -> str:
        for container in self._found([word for word in words if not word.startswith("--")]):
            if container.state == "running" and "--force" not in words:
                raise DockerError("Error response from daemon: cannot remove container: it is running")
            self.containers_by_age.remove(container)
            if "--volumes" in words:
                self.volumes.remove(container.id)
        return ""

    def _rename(self, words: list[str]) -> str:
        old, new = words
        if self._find(new):
            raise DockerError(f'Error response from daemon: Conflict. The container name "/{new}" is in use.')
        self.named(old).name = new
        return ""

    def _remove_image(self, words: list[str]) -> str:
        verb, image = words
        assert verb == "rm"
        if any(each.image == image for each in self.containers_by_age):
            raise DockerError("Error response from daemon: conflict: unable to remove repository reference")
        self.images.pop(image, None)
        return ""

    def _remove_volume(self, words: list[str]) -> str:
        self.named_volumes.discard(words[-1])
        return ""

    def _exec(self, words: list[str]) -> str:
        name, program, *rest = words
        [container] = self._found([name])
        if container.state != "running":
            raise DockerError(f"Error response from daemon: container {container.id} is not running")
        if program == "rm":
            folders = [path.partition(f"{CONFIG}/")[2] for path in rest[2:]]
            self.files = {
                path: text
                for path, text in self.files.items()
                if not any(path.startswith(f"{folder}/") for folder in folders)
            }
            return ""
        assert program == "kamal-proxy"
        return self._kamal_proxy(rest)

    def _kamal_proxy(self, words: list[str]) -> str:
        verb, *rest = words
        if verb == "list":
            return routes_table(self.routes, self.requests, self.stopped, self.with_tls)
        service = rest[0]
        if verb == "remove":
            if service not in self.routes:
                raise DockerError("Error: service not found")
            del self.routes[service]
            self.requests.pop(service, None)
            self.stopped.pop(service, None)
            return ""
        if verb in ("stop", "resume"):
            if service not in self.routes:
                raise DockerError("Error: service not found")
            self.stopped.pop(service, None)
            self.stopped.update({service: rest[1].partition("=")[2]} if verb == "stop" else {})
            return ""
        assert verb == "deploy"
        target = rest[1].partition("--target=")[2]
        if self.named(target.partition(":")[0]).state != "running":
            raise DockerError("Error: target failed to become healthy within configured timeout (30s)")
        self._check_files(rest)
        self._check_requests(service, *requests_of(rest))
        self.with_tls = self.with_tls - {service} | ({service} if "--tls=true" in rest else set())
        self.routes[service], self.requests[service] = target, requests_of(rest)
        return ""

    def _check_files(self, words: Sequence[str]) -> None:
        for flag, _, path in (word.partition("=") for word in words):
            wanted = path.partition(f"{CONFIG}/")[2]
            if flag in ("--tls-certificate-path", "--tls-private-key-path") and wanted not in self.files:
                raise DockerError("Error: unable to load certificate")
            if flag == "--error-pages" and not any(path.startswith(f"{wanted}/") for path in self.files):
                raise DockerError("Error: unable to load error pages")

    def _check_requests(self, service: str, hosts: Sequence[str], path: str) -> None:
        for other in self.routes.keys() - {service}:
            other_hosts, other_path = self.requests.get(other, ((f"{other}.test",), "/"))
            if path == other_path and set(hosts or ("",)) & set(other_hosts or ("",)):
                raise DockerError("Error: host settings conflict with another service")


def archive_of(name: str, files: Mapping[str, str]) -> bytes:
    """Return an archive of a folder as Docker makes it. Nobody may write to anything in it, and only root may read it."""
    folders = {str(parent) for file in files for parent in Path(file).parents}
    output = io.BytesIO()
    with tarfile.open(fileobj=output, mode="w") as tar:
        for path in (*sorted(folders), *files):
            entry = tarfile.TarInfo(str(Path(name, path)))
            entry.mode, entry.type = (0o500, tarfile.DIRTYPE) if path in folders else (0o400, tarfile.REGTYPE)
            content = files.get(path, "").encode()
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return output.getvalue()


def requests_of(words: Sequence[str]) -> tuple[tuple[str, ...], str]:
    """Return the host names and the path in the words of `kamal-proxy deploy`."""
    flags = [word.partition("=")[::2] for word in words]
    paths = [value for flag, value in flags if flag == "--path-prefix"]
    return tuple(value for flag, value in flags if flag == "--host"), "/" + "".join(paths).strip("/")


def routes_table(
    routes: Mapping[str, str],
    requests: Mapping[str, tuple[tuple[str, ...], str]],
    stopped: Collection[str] = (),
    with_tls: Collection[str] = (),
) -> str:
    """Return what `kamal-proxy list` prints, with its colours."""
    titles = "".join(f"\x1b[3;94m{title:<12}\x1b[0m" for title in ("Service", "Host", "Path", "Target", "State", "TLS"))
    rows = [
        f"\x1b[1;34m{service:<12} \x1b[0m{','.join(hosts) or '*':<12}  {path:<6}  {target:<20} "
        f"{'stopped' if service in stopped else 'running':<8}  {'yes' if service in with_tls else 'no'}"
        for service, target in routes.items()
        for hosts, path in [requests.get(service, ((f"{service}.test",), "/"))]
    ]
    return "\n".join([titles, *rows, ""])


def _fits(container: FakeContainer, kind: str, value: str) -> bool:
    if kind == "label":
        name, _, expected = value.partition("=")
        return container.labels.get(name) == expected
    return container.network == value if kind == "network" else value in container.ports


def _fill(template: str, container: FakeContainer) -> str:
    values = {
        ".ID": container.id[:12],
        ".Names": container.name,
        ".State": container.state,
        '(.Label "release")': container.labels.get("release", ""),
        '(.Label "version")': container.labels.get("version", ""),
    }
    for name, value in values.items():
        template = template.replace("{{json " + name + "}}", json.dumps(value))
    return template


def _parse(words: Sequence[str]) -> tuple[dict[str, list[str]], str]:
    """Return the options of `docker run` and the image."""
    options: dict[str, list[str]] = {}
    rest = iter(words)
    for word in rest:
        if not word.startswith("--"):
            return options, word
        name, equals, value = word[2:].partition("=")
        if name in VALUE_OPTIONS and not equals:
            value = next(rest)
        options.setdefault(name, []).append(value)
    raise AssertionError("there is no image")
