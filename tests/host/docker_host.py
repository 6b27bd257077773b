"""A Docker host and an app on it, as the host tool's tests see them."""

import http.client
import json
import shlex
import socket
import ssl
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from components.host_tool.identity import RoleIdentity
from components.host_tool.json_codec import from_json, to_json
from components.host_tool.owner import Owner
from components.host_tool.program import bootstrap_words, packed_program, program_hash
from components.host_tool.records.records import RoleRecord
from components.host_tool.result import KeptCertificate, KeptSecrets, Running, StartedCandidate
from components.host_tool.spec import (
    BufferingSpec,
    CandidateSpec,
    CertificateSpec,
    ContainerSpec,
    HealthcheckSpec,
    PrepareSpec,
    ProbeSpec,
    ProxyRunSpec,
    RegistryLoginSpec,
    RouteSpec,
    SecretsSpec,
    SwitchSpec,
)
from dev.sandbox import Sandbox
from dev.sandbox.images import KAMAL_PROXY

SERVICE = "shop"
PROXY = KAMAL_PROXY
RUN = ProxyRunSpec(image=PROXY, http_port=80, https_port=443, log_max_size="10m", options={}, replace=False)
PROXIED = ("web", "front")
SERVE = ("sh", "/serve.sh")

T = TypeVar("T")


@dataclass(frozen=True)
class Result:
    """What a command on the host came to."""

    status: int
    out: str
    err: str
    seconds: float

    def result(self, kind: type[T]) -> T:
        """Standard output of a call that went well."""
        assert self.status == 0, self.err
        return from_json(kind, self.out)

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
    login: RegistryLoginSpec

    def run(self, *words: str, stdin: str = "", timeout: float = 60) -> Result:
        """Run a command over SSH, in the home directory."""
        started = time.monotonic()
        done = subprocess.run(self.command(*words), input=stdin.encode(), capture_output=True, timeout=timeout)
        seconds = time.monotonic() - started
        return Result(done.returncode, done.stdout.decode(), done.stderr.decode(), seconds)

    def command(self, *words: str) -> list[str]:
        """The words that run a command over SSH, in the home directory."""
        return [*self.ssh, shlex.join(words)]

    def run_until(self, text: str, *words: str, stdin: str) -> None:
        """Run a command over a connection of its own, and cut that when the command says `text`."""
        ssh, *options = self.ssh
        command = [ssh, "-o", "ControlPath=none", *options, shlex.join(words)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as client:
            assert client.stdin and client.stderr
            client.stdin.write(stdin.encode())
            client.stdin.close()
            while line := client.stderr.readline():
                if text.encode() in line:
                    break
            client.kill()
        assert line, "the command ended without saying it"

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

    def docker_failure(self, *words: str) -> str:
        """What Docker on the host says when it fails."""
        done = subprocess.run(["docker", "--host", f"unix://{self.socket}", *words], capture_output=True, text=True)
        assert done.returncode, done.stdout
        return done.stderr

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

    def get_https(self, host: str, authority: str, path: str = "/version") -> tuple[int, str]:
        """The same over HTTPS, with a certificate of an authority (PEM).

        Raises:
            ssl.SSLError: There is none for `host`.
        """
        trust = ssl.create_default_context(cadata=authority)
        with (
            socket.create_connection((self.address, 443), 5) as connection,
            trust.wrap_socket(connection, server_hostname=host) as secured,
        ):
            asked = http.client.HTTPSConnection(host)
            asked.sock = secured
            asked.request("GET", path)
            answer = asked.getresponse()
            return answer.status, answer.read().decode().strip()


@dataclass
class App:
    """One app on the host, under a name of its own; roles that a test used are removed after it.

    Attributes:
        host: The host.
        destination, service: The app.
        roles: Its roles that the test has used.
        of: The app of which this is another name, None for none: the owner and the requests are the same.
    """

    host: Host
    destination: str
    roles: set[str] = field(default_factory=lambda: {"web"})
    service: str = SERVICE
    of: "App | None" = None

    @property
    def name(self) -> str:
        return f"{self.service}-{self.destination}"

    @property
    def owner(self) -> Owner:
        return self.of.owner if self.of else Owner(f"id-of-{self.name}", f"acme/{self.name}/production")

    @property
    def resource(self) -> str:
        """What deploys it."""
        return f"urn:{self.name}::web1"

    @property
    def home(self) -> str:
        return f".kamal/apps/{self.name}"

    @property
    def web_host(self) -> str:
        """The name that requests for this app ask for."""
        return self.of.web_host if self.of else f"{self.name}.test"

    def prefix(self, role: str = "web") -> str:
        return RoleIdentity(self.service, role, self.destination).prefix

    def prepare_spec(self, proxy: ProxyRunSpec | None = RUN, **fields: Any) -> PrepareSpec:
        """The input of a preparation; `fields` replace those of a plain one."""
        plain = PrepareSpec(
            network="kamal",
            service=self.service,
            destination=self.destination,
            roles=("web",),
            stack=self.owner.stack,
            resource=self.resource,
            take_over=False,
            tool=packed_program(),
            proxy=proxy,
        )
        return replace(plain, **fields)

    def prepare(self, proxy: ProxyRunSpec | None = RUN, **fields: Any) -> Result:
        """The first contact: install the tool, prepare the host; `fields` are those of `prepare_spec`."""
        spec = self.prepare_spec(proxy, **fields)
        return self.host.run(*bootstrap_words(self.name), self.owner.id, stdin=to_json(spec))

    def call(self, verb: str, *words: str, spec: object = None, limit: float = 50, before: str = "") -> Result:
        """One verb, as the deployer calls it; `before` is shell that runs first in the same session."""
        call = self.words(verb, *words, limit=limit)
        if before:
            call = ["sh", "-c", f'{before}\nexec "$@"', "sh", *call]
        return self.host.run(*call, stdin=to_json(spec) if spec else "")

    def words(self, verb: str, *words: str, limit: float = 50) -> list[str]:
        tool = f"{self.home}/bin/host_tool-{program_hash()}"
        return ["timeout", "-k", "10", str(limit), tool, verb, self.name, *words]

    def pull(self, version: str) -> Result:
        self.log_in()
        return self.call("pull", self.service, version, self.host.images[version])

    def log_in(self, login: RegistryLoginSpec | None = None) -> None:
        """Leave the registry's login on the host, as the secrets' step does."""
        self.call("secrets", "web", spec=SecretsSpec(env={}, registry=login or self.host.login)).result(KeptSecrets)

    def secrets(self, values: dict[str, str], role: str = "web") -> str:
        """Leave secrets on the host, and return their hash."""
        self.roles.add(role)
        spec = SecretsSpec(env=values, registry=self.host.login)
        return self.call("secrets", role, spec=spec).result(KeptSecrets).secrets_hash

    def certificate(self, spec: CertificateSpec) -> str:
        """Leave a TLS certificate on the host, and return its name."""
        return self.call("certificate", "web", spec=spec).result(KeptCertificate).certificate_hash

    def container(self, version: str, role: str = "web", **fields: Any) -> ContainerSpec:
        """What a container of the role is made of; `fields` replace those of a plain one."""
        plain = ContainerSpec(
            service=self.service,
            role=role,
            destination=self.destination,
            host="web1",
            version=version,
            network="kamal",
            cmd=(),
            env={},
            labels={},
            options={},
        )
        return replace(plain, **fields)

    def candidate_spec(
        self,
        version: str,
        role: str = "web",
        *,
        path: str = "/up",
        app_port: int = 80,
        check: Mapping[str, Any] | None = None,
        deploy_timeout: int = 8,
        **fields: Any,
    ) -> CandidateSpec:
        """The input of a candidate; `fields` are the container's."""
        probe = ProbeSpec(
            app_port=app_port, healthcheck=HealthcheckSpec(path=path, interval=1, timeout=5, **(check or {}))
        )
        return CandidateSpec(
            container=self.container(version, role, **fields),
            deploy_timeout=deploy_timeout,
            proxy=probe if role in PROXIED else None,
        )

    def candidate(
        self, version: str, role: str = "web", *, secrets: str = "-", before: str = "", **options: Any
    ) -> Result:
        """The candidate of a role; `options` are those of `candidate_spec`."""
        self.roles.add(role)
        spec = self.candidate_spec(version, role, **options)
        return self.call("candidate", role, self.host.images[version], secrets, spec=spec, before=before)

    def candidate_release(self, version: str, role: str = "web", **options: Any) -> str:
        """The release of a candidate that went well."""
        return self.candidate(version, role, **options).result(StartedCandidate).release

    def switch_spec(
        self,
        version: str,
        role: str = "web",
        *,
        hosts: tuple[str, ...] | None = None,
        path: str = "/up",
        app_port: int = 80,
        check: Mapping[str, Any] | None = None,
        ssl: bool | None = None,
        **fields: Any,
    ) -> SwitchSpec:
        """The input of a switch; `fields` replace those of a plain one."""
        route = RouteSpec(
            hosts=(self.web_host,) if hosts is None else hosts,
            app_port=app_port,
            healthcheck=HealthcheckSpec(path=path, interval=1, timeout=5, **(check or {})),
            response_timeout=30,
            buffering=BufferingSpec(requests=True, responses=True),
            ssl=ssl,
        )
        plain = SwitchSpec(version=version, deploy_timeout=5, stop_timeout=3, retain_containers=5)
        if role in PROXIED:
            plain = replace(plain, proxy=route, drain_timeout=5)
        else:
            plain = replace(plain, deploy_timeout=8, strategy="start-first", readiness_delay=0)
        return replace(plain, **fields)

    def switch(
        self,
        version: str,
        release: str,
        role: str = "web",
        *,
        certificate: str = "",
        limit: float = 50,
        before: str = "",
        **options: Any,
    ) -> Result:
        """The switch of a role; `options` are those of `switch_spec`."""
        spec = self.switch_spec(version, role, **options)
        words = [role, release, "none", *([certificate] if certificate else [])]
        return self.call("switch", *words, spec=spec, limit=limit, before=before)

    def release(self, version: str, role: str = "web", retain: int = 5, **options: Any) -> Running:
        """All steps of a release, with what the last one says; `options` are those of `candidate_spec`."""
        self.log_in()
        release = self.candidate_release(version, role, **options)
        return self.switch(version, release, role, retain_containers=retain).result(Running)

    def record(self, role: str = "web") -> RoleRecord:
        """What the host remembers of a role."""
        return from_json(RoleRecord, self.file(f"roles/{role}/role.json"))

    def containers(self, role: str | None = None) -> dict[str, str]:
        """Name to state of this app's containers."""
        filters = ["--filter", f"label=service={self.service}", "--filter", f"label=destination={self.destination}"]
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
        files = self.host.run(
            "sh", "-c", f"cd {self.home} && find . ! -name audit.log ! -name lock ! -name role.json"
        ).out
        images = self.host.docker("image", "ls", "--no-trunc", "--format", "{{.ID}}").split()
        return self.containers(), self.host.routes(), sorted(files.split()), sorted(images)

    def clean_up(self) -> None:
        """Remove the app at once and without the host tool, whose verbs for that have tests of their own. Images stay."""
        routes = " ".join(self.prefix(role) for role in sorted(self.roles))
        self.host.run(
            "sh",
            "-c",
            f"containers=$(docker ps --all --quiet --filter label=destination={self.destination})\n"
            # The containers of release tasks do not have that label.
            f'containers="$containers $(docker ps --all --quiet --filter name=-{self.destination}-task)"\n'
            '[ "$containers" = " " ] || docker rm --force --volumes $containers\n'
            f"for route in {routes}; do docker exec kamal-proxy kamal-proxy remove $route; done\n"
            f"rm -rf {self.home}",
        )

    def remove(self) -> None:
        for role in sorted(self.roles):
            self.tear_down(role)

    def abandon(self) -> None:
        """Let go of the app, as the step that prepares the host does when it leaves the stack."""
        result = self.call("abandon", self.owner.id, self.owner.stack, self.resource)
        assert result.status == 0 or "No such file" in result.err, result.err

    def tear_down(self, role: str = "web", *, before: str = "") -> Result:
        """What a destroy does to a role: the app is let go of, then the teardown removes the role."""
        self.abandon()
        return self.remove_role(role, before=before)

    def remove_role(self, role: str = "web", *, before: str = "") -> Result:
        """The teardown of a role, and nothing before it."""
        return self.call("remove", role, self.owner.id, self.owner.stack, "web1", before=before)


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


def wait_until(condition: Callable[[], bool], limit: float = 20) -> None:
    """Wait until a condition holds."""
    deadline = time.monotonic() + limit
    while not condition():
        assert time.monotonic() < deadline, f"not within {limit} s"
        time.sleep(0.05)


def _without_colours(line: str) -> str:
    return "".join(part.partition("m")[2] for part in ("m" + line).split("\x1b["))
