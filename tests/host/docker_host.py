"""A Docker host and an app on it, as the host tool's tests see them."""

import json
import shlex
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from components.host_tool import bootstrap_text, host_tool_hash, host_tool_text
from components.host_tool.spec import parse_spec, spec_text
from dev.sandbox import Sandbox
from dev.sandbox.images import KAMAL_PROXY

SERVICE = "shop"
PROXY = KAMAL_PROXY


@dataclass(frozen=True)
class Result:
    """What a command on the host came to."""

    status: int
    out: str
    err: str
    seconds: float

    @property
    def spec(self) -> dict[str, str]:
        """Standard output of a call that went well."""
        assert self.status == 0, self.err
        return parse_spec(self.out)

    @property
    def failure(self) -> str:
        """Standard error of a call that failed as it should: with a message of the tool's own, and nothing printed."""
        assert self.status == 1, (self.status, self.out, self.err)
        assert self.out == ""
        assert "host_tool: " in self.err
        return self.err


@dataclass(frozen=True)
class Host:
    """The host: commands as the SSH user, Docker from outside."""

    sandbox: Sandbox
    name: str
    address: str
    socket: str
    ssh: tuple[str, ...]
    # "v1" and so on to repository:version@sha256:...
    images: Mapping[str, str]
    login: Mapping[str, str]

    def run(self, *words: str, stdin: str = "", timeout: float = 60) -> Result:
        """Run a command over SSH, in the home directory."""
        started = time.monotonic()
        done = subprocess.run(self.command(*words), input=stdin.encode(), capture_output=True, timeout=timeout)
        seconds = time.monotonic() - started
        return Result(done.returncode, done.stdout.decode(), done.stderr.decode(), seconds)

    def command(self, *words: str) -> list[str]:
        """The words that run a command over SSH, in the home directory."""
        return [*self.ssh, shlex.join(words)]

    def as_root(self, script: str, stdin: str = "") -> Result:
        """Run a shell script as root, without SSH."""
        done = self.sandbox.run(self.name, ["sh", "-c", script], stdin=stdin, user="root")
        return Result(done.returncode, done.stdout.decode(), done.stderr.decode(), 0)

    def docker(self, *words: str, check: bool = True) -> str:
        """Docker on the host; standard output without the last newline."""
        # Not in text mode, which would change carriage returns.
        done = subprocess.run(["docker", "--host", f"unix://{self.socket}", *words], capture_output=True)
        assert not check or done.returncode == 0, done.stderr
        return done.stdout.decode().removesuffix("\n")

    @contextmanager
    def process_list(self) -> Iterator[set[str]]:
        """The command lines of all processes, of the host and of everything else here, seen until the end."""
        seen: set[str] = set()
        ending = threading.Event()

        def look() -> None:
            while not ending.is_set():
                for path in Path("/proc").glob("[0-9]*/cmdline"):
                    # A process may have ended in between.
                    with suppress(OSError):
                        seen.add(path.read_text(errors="replace").replace("\0", " "))

        looking = threading.Thread(target=look)
        looking.start()
        try:
            yield seen
        finally:
            ending.set()
            looking.join()

    def routes(self) -> dict[str, str]:
        """Service to target, as kamal-proxy says."""
        lines = self.docker("exec", "kamal-proxy", "kamal-proxy", "list").splitlines()[1:]
        plain = [_without_colours(line).split() for line in lines]
        return {words[0]: words[3] for words in plain}

    def get(self, host: str, path: str = "/version", timeout: float = 5) -> tuple[int, str]:
        """Status and body of a request for `host` to the host's kamal-proxy."""
        request = urllib.request.Request(f"http://{self.address}{path}", headers={"Host": host})
        try:
            with urllib.request.urlopen(request, timeout=timeout) as response:
                return response.status, response.read().decode().strip()
        except urllib.error.HTTPError as error:
            return error.code, ""


@dataclass
class App:
    """One app on the host, under a name of its own; roles that a test used are removed after it."""

    host: Host
    destination: str
    roles: set[str] = field(default_factory=lambda: {"web"})

    @property
    def name(self) -> str:
        return f"{SERVICE}-{self.destination}"

    @property
    def home(self) -> str:
        return f".kamal/apps/{self.name}"

    @property
    def web_host(self) -> str:
        """The name that requests for this app ask for."""
        return f"{self.name}.test"

    def prefix(self, role: str = "web") -> str:
        return f"{SERVICE}-{role}-{self.destination}"

    def prepare(self, text: str | None = None, **spec: str) -> Result:
        """The first contact: install the tool, prepare the host."""
        program = host_tool_text()
        boot = {
            "network": "kamal",
            "proxy.image": PROXY,
            "proxy.http_port": "80",
            "proxy.https_port": "443",
            "proxy.log_max_size": "10m",
        }
        lines = (text or program).splitlines()
        stdin = spec_text(boot | spec) + "tool: |\n" + "".join(f"  {line}\n" for line in lines)
        return self.host.run("sh", "-c", bootstrap_text(), "sh", self.name, host_tool_hash(program), stdin=stdin)

    def call(
        self, verb: str, *words: str, spec: Mapping[str, str] | None = None, limit: float = 50, before: str = ""
    ) -> Result:
        """One verb, as the Python side calls it; `before` is shell that runs first in the same session."""
        call = self.words(verb, *words, limit=limit)
        if before:
            call = ["sh", "-c", f'{before}\nexec "$@"', "sh", *call]
        return self.host.run(*call, stdin=spec_text(spec or {}))

    def words(self, verb: str, *words: str, limit: float = 50) -> list[str]:
        tool = f"{self.home}/bin/host_tool-{host_tool_hash(host_tool_text())}"
        return ["timeout", "-k", "10", str(limit), tool, verb, self.name, *words]

    def pull(self, version: str) -> Result:
        return self.call("pull", SERVICE, version, self.host.images[version], spec=self.host.login)

    def secrets(self, values: Mapping[str, str], role: str = "web") -> str:
        self.roles.add(role)
        return self.call("secrets", role, spec=values).spec["secrets"]

    def candidate(self, version: str, role: str = "web", secrets: str = "-", **spec: str) -> Result:
        """The candidate of a role; `spec` is added to what a plain one needs, with `__` for a dot and `_` as it is."""
        self.roles.add(role)
        words = (role, self.host.images[version], secrets)
        return self.call("candidate", *words, spec=self.role_spec(version, role) | _dotted(spec))

    def role_spec(self, version: str, role: str = "web") -> dict[str, str]:
        web = {"port": "80", "mode": "proxy", "gate.health-check-path": "/up", "gate.health-check-interval": "200ms"}
        worker = {"mode": "start-first", "gate.readiness_delay": "0"}
        return {
            "service": SERVICE,
            "role": role,
            "destination": self.destination,
            "host": "web1",
            "version": version,
            "network": "kamal",
            "gate.deploy-timeout": "8s",
            **(web if role == "web" else worker),
        }

    def switch(self, version: str, release: str, role: str = "web", retain: str = "5", **spec: str) -> Result:
        web = {
            "mode": "proxy",
            "proxy.host.0": self.web_host,
            "proxy.health-check-path": "/up",
            "proxy.deploy-timeout": "5s",
            "proxy.drain-timeout": "5s",
        }
        worker = {"mode": "start-first", "gate.readiness_delay": "0", "gate.deploy-timeout": "8s"}
        common = {"version": version, "host": "web1", "stop_timeout": "3", "retain": retain}
        items = common | (web if role == "web" else worker) | _dotted(spec)
        return self.call("switch", role, release, "none", spec=items)

    def release(self, version: str, role: str = "web", retain: str = "5", **spec: str) -> dict[str, str]:
        """All steps of a release, with what the last one says."""
        self.pull(version)
        candidate = self.candidate(version, role, **spec).spec
        mode = {"mode": spec["mode"]} if "mode" in spec else {}
        return self.switch(version, candidate["release"], role, retain, **mode).spec

    def containers(self, role: str | None = None) -> dict[str, str]:
        """Name to state of this app's containers."""
        filters = ["--filter", f"label=service={SERVICE}", "--filter", f"label=destination={self.destination}"]
        if role:
            filters += ["--filter", f"label=role={role}"]
        listed = self.host.docker("ps", "--all", *filters, "--format", "{{.Names}} {{.State}}")
        return dict(line.split() for line in listed.splitlines())

    def file(self, path: str) -> str:
        """A file in the app's directory."""
        return self.host.run("cat", f"{self.home}/{path}").out

    def audit(self) -> list[dict[str, str]]:
        return [json.loads(line) for line in self.file("audit.log").splitlines()]

    def snapshot(self) -> tuple[object, ...]:
        """All that a failing verb has to leave as it is."""
        files = self.host.run("sh", "-c", f"cd {self.home} && find . ! -name audit.log ! -name lock ! -name names").out
        images = self.host.docker("image", "ls", "--no-trunc", "--format", "{{.ID}}").split()
        return self.containers(), self.host.routes(), sorted(files.split()), sorted(images)

    def remove(self) -> None:
        for role in sorted(self.roles):
            self.call("remove", role)


class Load:
    """Requests for an app, one after the other from a few threads, until `stop`."""

    def __init__(self, app: App, threads: int = 3) -> None:
        self.answers: list[tuple[int, str]] = []
        self._app, self._ending = app, threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(threads)]

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        for thread in self._threads:
            thread.join()

    def _ask(self) -> None:
        while not self._ending.is_set():
            try:
                self.answers.append(self._app.host.get(self._app.web_host))
            except OSError as error:
                self.answers.append((0, str(error)))
            time.sleep(0.005)


def _dotted(spec: Mapping[str, str]) -> dict[str, str]:
    return {key.replace("__", "."): value for key, value in spec.items()}


def _without_colours(line: str) -> str:
    return "".join(part.partition("m")[2] for part in ("m" + line).split("\x1b["))
