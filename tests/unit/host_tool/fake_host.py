"""A host with an app, for tests that run the verbs as functions."""

import hashlib
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from components.host_tool.identity import RoleIdentity
from components.host_tool.owner import Owner
from components.host_tool.records.app_folder import AppFolder
from components.host_tool.records.records import RoleRecord
from components.host_tool.result import Prepared, Running, StartedCandidate
from components.host_tool.spec import (
    BufferingSpec,
    CandidateSpec,
    CertificateSpec,
    ContainerSpec,
    HealthcheckSpec,
    PrepareSpec,
    ProbeSpec,
    ProxyRunSpec,
    RouteSpec,
    SecretsSpec,
    SwitchSpec,
    TaskSpec,
)
from components.host_tool.step.step import Step
from components.host_tool.verbs import abandon, candidate, prepare, pull, remove, secrets, switch, task
from components.host_tool.verbs import certificate as certificate_verb

from .fake_docker import FakeContainer, FakeDocker, FakeImage, Killed

T = TypeVar("T")

ROLE = "web"
SERVICE = "shop-web"
PROXY = ProxyRunSpec("basecamp/kamal-proxy:v0.9.2", 80, 443, "10m", {}, replace=False)
OWNER = Owner("0123456789abcdef", "acme/shop/production")
STRANGER = Owner("fedcba9876543210", "acme/other/production")
HEALTHCHECK = HealthcheckSpec("/up", 1, 1)
CONTAINER = ContainerSpec("shop", ROLE, "", "10.0.0.1", "v1", "kamal", (), {}, {}, {})


def image_of(version: str, service: str = "shop") -> str:
    """Return the reference of a version's image."""
    return f"registry.test/{service}:{version}@sha256:{hashlib.sha256(version.encode()).hexdigest()}"


@dataclass
class FakeHost:
    """A host to which a role of an app is deployed.

    Attributes:
        folder: What the host remembers of the app.
        port: The port that the app's containers answer their health check on.
        docker: Its engine.
        strategy: "proxy", or how a role without proxy takes over: "start-first" or "stop-first".
        options: Options of the role's containers.
        asset_path: The asset paths of the role's containers, None for none.
        service, destination: The app.
        role: The role.
        roles: The roles that the owner wants on the host, where that is not the one.
        address: The host as the settings spell it.
        owner: Whose the app is.
        take_over: Whether it takes over what is another owner's.
        docker_install: Whether Docker is installed where it is missing.
        hosts, path: Which requests are routed to the role.
        ssl, error_pages, maintenance: How kamal-proxy answers them.
        certificate: The name of the role's own TLS certificate on the host, "" for none.
    """

    folder: AppFolder
    port: int
    docker: FakeDocker = field(default_factory=FakeDocker)
    strategy: str = "proxy"
    options: dict[str, tuple[str, ...]] = field(default_factory=dict)
    asset_path: tuple[str, ...] | None = None
    service: str = "shop"
    destination: str = ""
    role: str = ROLE
    roles: tuple[str, ...] = ()
    address: str = CONTAINER.host
    owner: Owner = OWNER
    take_over: bool = False
    docker_install: bool | None = None
    hosts: tuple[str, ...] = ()
    path: str = "/"
    ssl: bool | None = None
    error_pages: dict[str, str] | None = None
    maintenance: str | None = None
    certificate: str = ""

    @property
    def identity(self) -> RoleIdentity:
        return RoleIdentity(self.service, self.role, self.destination)

    @property
    def resource(self) -> str:
        """The component that deploys the app."""
        return f"urn:{self.owner.stack}::{self.address}"

    def but(self, **changes: Any) -> "FakeHost":
        """Return the same host for another role, app or owner: `changes` replace what this one has."""
        other = replace(self, **changes)
        name = "-".join(part for part in (other.service, other.destination) if part)
        return replace(other, folder=AppFolder(name, self.folder.kamal))

    def run(self, verb: str, call: Callable[[Step], T]) -> T:
        """Run a verb. Its locks end with it, as the kernel sees to where it is a process."""
        step = Step(verb, self.folder, self.docker)
        try:
            return call(step)
        finally:
            for lock in step._locks:
                lock.close()

    def prepare(self, proxy: ProxyRunSpec = PROXY) -> Prepared:
        spec = PrepareSpec(
            network="kamal",
            service=self.service,
            destination=self.destination,
            roles=self.roles or (self.role,),
            stack=self.owner.stack,
            resource=self.resource,
            take_over=self.take_over,
            tool="",
            proxy=proxy,
            docker_install=self.docker_install,
        )
        return self.run("prepare", lambda step: prepare.run(step, spec, self.owner.id))

    def keep_secrets(self, values: dict[str, str]) -> str:
        """Keep secret values, and return their hash."""
        return self.run("secrets", lambda step: secrets.run(step, SecretsSpec(values), self.role)).secrets_hash

    def keep_certificate(self, certificate: str, key: str) -> None:
        """Keep a TLS certificate, which is the role's own from now on."""
        spec = CertificateSpec(certificate, key)
        kept = self.run("certificate", lambda step: certificate_verb.run(step, spec, self.role))
        self.certificate, self.ssl = kept.certificate_hash, True

    def pull(self, version: str) -> None:
        self.run("pull", lambda step: pull.run(step, self.service, version, image_of(version, self.service)))

    def candidate(self, version: str, secrets_hash: str = "-") -> StartedCandidate:
        """Start a candidate. It is probed once: the limit is 0 seconds."""
        image = self._push(version)
        container = replace(
            CONTAINER,
            **vars(self.identity),
            host=self.address,
            version=version,
            options=self.options,
            asset_path=self.asset_path,
        )
        probe = ProbeSpec(self.port, HEALTHCHECK) if self.strategy == "proxy" else None
        spec = CandidateSpec(container, 0, probe)
        return self.run("candidate", lambda step: candidate.run(step, spec, self.role, image, secrets_hash))

    def switch(self, version: str, release: str, *, retain: int = 5, stop_timeout: int = 10) -> Running:
        spec = SwitchSpec(version, 0, stop_timeout, retain)
        if self.strategy == "proxy":
            buffering = BufferingSpec(requests=False, responses=False)
            route = RouteSpec(self.hosts, self.port, HEALTHCHECK, 30, buffering, self.path, ssl=self.ssl)
            spec = replace(spec, proxy=route, drain_timeout=30)
            spec = replace(spec, error_pages=self.error_pages, maintenance=self.maintenance)
        else:
            spec = replace(spec, strategy=self.strategy, readiness_delay=0)
        words = ("none", self.certificate) if self.certificate else ()
        return self.run("switch", lambda step: switch.run(step, spec, self.role, release, *words))

    def release(self, version: str, *, retain: int = 5, stop_timeout: int = 10) -> Running:
        """Deploy a version: its candidate, then the switch to it."""
        release = self.candidate(version).release
        return self.switch(version, release, retain=retain, stop_timeout=stop_timeout)

    def task(self, version: str, *cmd: str, timeout: int = 60) -> None:
        image = self._push(version)
        spec = TaskSpec(replace(CONTAINER, **vars(self.identity), version=version, cmd=cmd), timeout)
        self.run("task", lambda step: task.run(step, spec, self.role, image, "-"))

    def abandon(self) -> None:
        """Let go of the app, as the step that prepares the host does when it leaves the stack."""
        words = (self.owner.id, self.owner.stack, self.resource)
        self.run("abandon", lambda step: abandon.run(step, *words))

    def tear_down(self) -> None:
        """Run the teardown of the role, and nothing before it."""
        words = (self.owner.id, self.owner.stack, self.address)
        self.run("remove", lambda step: remove.run(step, self.role, *words))

    def remove(self) -> None:
        """Remove the role, as a destroy does."""
        self.abandon()
        self.tear_down()

    def held_by(self) -> str:
        """Return what holds the app, "" for nothing."""
        app = self.folder.app_record()
        return app.resource if app else ""

    def record(self) -> RoleRecord:
        """Return what the host remembers of the role."""
        record = self.folder.role(self.role).record()
        assert record
        return record

    def _push(self, version: str) -> str:
        """Have the registry hold the image of a version, and return its reference."""
        image = image_of(version, self.service)
        self.docker.registry[image] = FakeImage(image, self.service, version)
        return image

    def routed_version(self) -> str:
        """Return the version of the role's running container that kamal-proxy routes to."""
        container = self.routed_container(self.record().route_name)
        assert container.labels["role"] == self.role
        return container.labels["version"]

    def routed_container(self, route: str) -> FakeContainer:
        """Return the running container that a route leads to."""
        container = self.docker.named(self.docker.routes[route].partition(":")[0])
        assert container.state == "running"
        return container


def killed_at_every_call(
    make: Callable[[], FakeHost], before: Callable[[FakeHost], object], verb: Callable[[FakeHost], object]
) -> Iterator[FakeHost]:
    """Yield a host for each call of Docker in a verb: the host tool was killed just before that call.

    Args:
        make: Makes a new host.
        before: What is done on it before.
        verb: Runs the verb.
    """
    for calls in itertools.count():
        host = make()
        before(host)
        host.docker.killed_at = len(host.docker.calls) + calls
        try:
            verb(host)
        except Killed:
            host.docker.killed_at = None
            yield host
        else:
            assert calls, "the verb has made no call"
            return
