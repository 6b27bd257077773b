"""A host with an app, for tests that run the verbs as functions."""

import hashlib
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import TypeVar

from components.host_tool.records.app_folder import AppFolder
from components.host_tool.records.records import RoleRecord
from components.host_tool.result import Prepared, Running, StartedCandidate
from components.host_tool.spec import (
    BufferingSpec,
    CandidateSpec,
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
from components.host_tool.verbs import candidate, prepare, pull, remove, secrets, switch, task

from .fake_docker import FakeDocker, FakeImage, Killed

T = TypeVar("T")

ROLE = "web"
SERVICE = "shop-web"
PROXY = ProxyRunSpec("basecamp/kamal-proxy:v0.9.2", 80, 443, "10m", {})
HEALTHCHECK = HealthcheckSpec("/up", 1, 1)
CONTAINER = ContainerSpec("shop", ROLE, "", "10.0.0.1", "v1", "kamal", (), {}, {}, {})


def image_of(version: str) -> str:
    """Return the reference of a version's image."""
    return f"registry.test/shop:{version}@sha256:{hashlib.sha256(version.encode()).hexdigest()}"


@dataclass
class FakeHost:
    """A host on which the app `shop` is deployed.

    Attributes:
        folder: What the host remembers of the app.
        port: The port that the app's containers answer their health check on.
        docker: Its engine.
        strategy: "proxy", or how a role without proxy takes over: "start-first" or "stop-first".
        options: Options of the role's containers.
    """

    folder: AppFolder
    port: int
    docker: FakeDocker = field(default_factory=FakeDocker)
    strategy: str = "proxy"
    options: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def run(self, verb: str, call: Callable[[Step], T]) -> T:
        """Run a verb. Its locks end with it, as the kernel sees to where it is a process."""
        step = Step(verb, self.folder, self.docker)
        try:
            return call(step)
        finally:
            for lock in step._locks:
                lock.close()

    def prepare(self, proxy: ProxyRunSpec = PROXY) -> Prepared:
        return self.run("prepare", lambda step: prepare.run(step, PrepareSpec("kamal", "", proxy)))

    def keep_secrets(self, values: dict[str, str]) -> str:
        """Keep secret values, and return their hash."""
        return self.run("secrets", lambda step: secrets.run(step, SecretsSpec(values), ROLE)).secrets_hash

    def pull(self, version: str) -> None:
        self.run("pull", lambda step: pull.run(step, "shop", version, image_of(version)))

    def candidate(self, version: str, secrets_hash: str = "-") -> StartedCandidate:
        """Start a candidate. It is probed once: the limit is 0 seconds."""
        image = self._push(version)
        container = replace(CONTAINER, version=version, options=self.options)
        probe = ProbeSpec(self.port, HEALTHCHECK) if self.strategy == "proxy" else None
        spec = CandidateSpec(container, 0, probe)
        return self.run("candidate", lambda step: candidate.run(step, spec, ROLE, image, secrets_hash))

    def switch(self, version: str, release: str, *, retain: int = 5, stop_timeout: int = 10) -> Running:
        spec = SwitchSpec(version, 0, stop_timeout, retain)
        if self.strategy == "proxy":
            buffering = BufferingSpec(requests=False, responses=False)
            spec = replace(spec, proxy=RouteSpec((), self.port, HEALTHCHECK, 30, buffering), drain_timeout=30)
        else:
            spec = replace(spec, strategy=self.strategy, readiness_delay=0)
        return self.run("switch", lambda step: switch.run(step, spec, ROLE, release))

    def release(self, version: str, *, retain: int = 5, stop_timeout: int = 10) -> Running:
        """Deploy a version: its candidate, then the switch to it."""
        release = self.candidate(version).release
        return self.switch(version, release, retain=retain, stop_timeout=stop_timeout)

    def task(self, version: str, *cmd: str, timeout: int = 60) -> None:
        image = self._push(version)
        spec = TaskSpec(replace(CONTAINER, version=version, cmd=cmd), timeout)
        self.run("task", lambda step: task.run(step, spec, ROLE, image, "-"))

    def remove(self) -> None:
        self.run("remove", lambda step: remove.run(step, ROLE))

    def record(self) -> RoleRecord:
        """Return what the host remembers of the role."""
        record = self.folder.role(ROLE).record()
        assert record
        return record

    def _push(self, version: str) -> str:
        """Have the registry hold the image of a version, and return its reference."""
        image = image_of(version)
        self.docker.registry[image] = FakeImage(image, "shop", version)
        return image

    def routed_version(self) -> str:
        """Return the version of the running container that kamal-proxy routes to."""
        container = self.docker.named(self.docker.routes[SERVICE].partition(":")[0])
        assert container.state == "running"
        return container.labels["version"]


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
