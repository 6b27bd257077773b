"""The resource graph of the program, declared against Pulumi's mocks."""

import json
import runpy
import socket
import subprocess
import tempfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import grpc  # type: ignore[import-untyped]
import pulumi
import pytest
from google.protobuf.json_format import MessageToDict
from pulumi.runtime.mocks import MockMonitor

from components.host_tool.json_codec import to_json
from components.host_tool.result import (
    HostFacts,
    KeptCertificate,
    KeptSecrets,
    Prepared,
    Running,
    RunningAccessory,
    StartedCandidate,
)
from components.inspection.look import NoAnswer

PROJECT = Path(__file__).resolve().parents[2]
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHF1aXRlIG9idmlvdXNseSBub3QgYSByZWFsIGtleSE"
DIGEST = "sha256:" + "5" * 64
HOSTS = ["192.0.2.1", "192.0.2.2"]

PINNED = "v7"

STATE = Mapping[str, Mapping[str, Any]]
"""By URN, the outputs of a resource."""

NEW_HOST = HostFacts(
    machine_id="",
    docker_problem="",
    free_mb=9000,
    network=False,
    replacing=False,
    taken_ports={},
    tool=False,
    prepared=False,
    login=False,
    apps=(),
    roles={},
    versions={},
    held_locks=(),
)
"""What a host says that nothing was deployed to."""

# How Pulumi's wire format marks a secret.
SECRET_MARK = "4dabf18193072939515e22adb298388d"


@dataclass
class Declared:
    """One resource: its inputs as sent, secrets still wrapped, and the names of what it waits for."""

    kind: str
    name: str
    inputs: dict[str, Any]
    parent: str = ""
    waits_for: set[str] = field(default_factory=set)
    aliases: set[str] = field(default_factory=set)
    ignored: tuple[str, ...] = ()
    retained: bool = False
    delete_first: bool = False
    protected: bool = False

    @property
    def fields(self) -> dict[str, Any]:
        """Its inputs by path. What a step of the host tool reads is divided into its fields: `stdin.container.env.A`."""
        inputs = dict(self.inputs)
        if self.kind.startswith("command:remote") and "stdin" in inputs:
            inputs["stdin"] = json.loads(_revealed(inputs["stdin"]))
        return dict(leaves(inputs))

    @property
    def key(self) -> str:
        """A Command's name, which tells it apart; of other resources the kind as well: `RemoteImage shop`."""
        return self.name if self.kind.startswith("command:") else f"{self.kind.rpartition(':')[2]} {self.name}"


def _revealed(value: Any) -> Any:
    """A value that may be wrapped as a secret."""
    return value["value"] if isinstance(value, dict) and SECRET_MARK in value else value


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every value in nested mappings and lists, with its path."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield from leaves(part, f"{path}.{key}".lstrip("."))
    elif isinstance(value, list):
        for number, part in enumerate(value):
            yield from leaves(part, f"{path}[{number}]")
    else:
        yield path, value


def _key(urn: str) -> str:
    kind, _, name = urn.split("::", 2)[2].rpartition("::")
    return Declared(kind.rpartition("$")[2], name, {}).key


class UnknownFunctionError(grpc.RpcError):  # type: ignore[misc]
    """The answer of an engine that does not tell the state."""

    def code(self) -> grpc.StatusCode:
        return grpc.StatusCode.UNIMPLEMENTED

    def details(self) -> str:
        return "unknown function"


class Mocks(pulumi.runtime.Mocks):
    """Answers as the providers would: a digest for a pushed image, the host tool's output for a Command."""

    def __init__(self, runs: str, state: STATE | None) -> None:
        self.runs, self.state = runs, state
        self.version = PINNED

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        outputs = dict(args.inputs)
        if args.typ == "docker:index/registryImage:RegistryImage":
            self.version = args.inputs["name"].rpartition(":")[2]
            outputs["sha256Digest"] = DIGEST
        if args.typ.startswith("command:"):
            if args.name.endswith("-start"):
                outputs["stdout"] = _start(args.inputs)
            elif args.name.endswith("-buildx"):
                self.version = json.loads(args.inputs["environment"]["BUILD"])["image"].rpartition(":")[2]
                outputs["stdout"] = json.dumps({"digest": DIGEST})
            elif args.name.endswith("-owner"):
                outputs["stdout"] = "0wner"
            else:
                outputs["stdout"] = _output(args.name, self.runs or self.version)
        return f"{args.name}-id", outputs

    def call(self, args: pulumi.runtime.MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        assert args.token == "pulumi:pulumi:readStackResourceOutputs"
        if self.state is None:
            raise UnknownFunctionError
        return {"outputs": {urn: {"outputs": outputs} for urn, outputs in self.state.items()}}, []


def _start(inputs: Mapping[str, Any]) -> str:
    """What the start of a deploy prints: another time whenever it runs again, which other inputs make it do."""
    time = zlib.crc32(json.dumps(inputs, sort_keys=True).encode())
    return json.dumps({"performer": "tess", "recorded_at": f"at {time}", "started_at": time})


def _output(name: str, version: str) -> str:
    """What a Command prints on standard output."""
    step = name.rpartition("-")[2]
    results = {
        "prepare": Prepared("27.0.1"),
        "secrets": KeptSecrets("5ec2e7"),
        "certificate": KeptCertificate("ce47"),
        "accessory": RunningAccessory("a", "a0", "redis:7", DIGEST, "def", since="2026-01-01T00:00:01Z"),
        "candidate": StartedCandidate(release="abc", previous="none"),
        "switch": Running("c", "c0", version, DIGEST, "abc", since="2026-01-01T00:00:01Z", previous=""),
    }
    return to_json(results[step]) if step in results else ""


class Monitor(MockMonitor):
    """Keeps every registration."""

    def __init__(self, runs: str, state: STATE | None) -> None:
        super().__init__(Mocks(runs, state))
        self.declared: list[Declared] = []

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802  # the name is gRPC's
        waits = {*request.dependencies}
        for dependencies in request.propertyDependencies.values():
            waits |= {*dependencies.urns}
        self.declared.append(
            Declared(
                request.type,
                request.name,
                MessageToDict(request.object),
                request.parent,
                {_key(urn) for urn in waits},
                {alias.urn for alias in request.aliases},
                tuple(request.ignoreChanges),
                request.retainOnDelete,
                request.deleteBeforeReplace,
                request.protect,
            )
        )
        return super().RegisterResource(request)  # type: ignore[no-untyped-call]


class Graph:
    """What the program declares."""

    def __init__(self, declared: list[Declared]) -> None:
        self.declared = [each for each in declared if not each.kind.startswith("pulumi:pulumi")]

    def commands(self) -> list[Declared]:
        """All Commands, on hosts and on the deployer."""
        return [each for each in self.declared if each.kind.startswith("command:")]

    def named(self, ending: str) -> list[Declared]:
        """All Commands whose names end so."""
        found = [each for each in self.commands() if each.name.endswith(ending)]
        assert found, ending
        return found

    def before(self, command: Declared) -> set[str]:
        """The names of all that has to be done before `command`, directly or not."""
        by_name = {each.key: each for each in self.declared}
        found: set[str] = set()
        todo = [command.key]
        while todo:
            each = by_name.get(todo.pop())
            for name in (each.waits_for if each else set()) - found:
                found.add(name)
                todo.append(name)
        return found


def changes(before: Graph, after: Graph) -> dict[str, list[str]]:
    """The Commands that `after` declares in another way than `before`, each with the paths of the inputs that differ."""
    found: dict[str, list[str]] = {}
    old = {command.name: command.fields for command in before.commands()}
    for command in after.commands():
        was, now = old[command.name], command.fields
        if paths := sorted(path for path in was.keys() | now.keys() if was.get(path) != now.get(path)):
            found[command.name] = paths
    return found


def texts(value: Any, secret: bool = False) -> Iterator[tuple[str, bool]]:
    """Every text in inputs, with whether it is inside a secret."""
    if isinstance(value, dict):
        secret = secret or SECRET_MARK in value
        for part in value.values():
            yield from texts(part, secret)
    elif isinstance(value, list):
        for part in value:
            yield from texts(part, secret)
    elif isinstance(value, str):
        yield value, secret


@contextmanager
def listening_socket() -> Iterator[str]:
    """An address at which something accepts connections, as a Docker engine does."""
    # Not in tmp_path: the path of a socket has to be short.
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"{folder}/docker.sock")
        listener.listen()
        yield f"unix://{folder}/docker.sock"


def app_project(folder: Path) -> Path:
    """A project's folder, beside an app with one commit."""
    project = folder / "project"
    if not project.exists():
        project.mkdir(parents=True)
        (folder / "app").mkdir()
        (folder / "app" / "Dockerfile").write_text("FROM scratch\n")
        for words in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message", "The app"]):
            identity = ["-c", "user.name=T", "-c", "user.email=t@example.invalid"]
            subprocess.run(["git", "-C", str(folder / "app"), *identity, *words], check=True)
    return project


def add_hooks(folder: Path, *names: str, script: str = "#!/bin/sh\n") -> None:
    """Write hooks into the project of `app_project`."""
    hooks = app_project(folder) / "hooks"
    hooks.mkdir(exist_ok=True)
    for name in names:
        (hooks / name).write_text(script)
        (hooks / name).chmod(0o755)


def declare(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    runs: str = "",
    state: STATE | None = MappingProxyType({}),
    looks: Mapping[str, HostFacts | NoAnswer] = MappingProxyType({}),
    labels: Mapping[str, str] = MappingProxyType({}),
    preview: bool = False,
    **settings: Any,
) -> Graph:
    """Run the program in a project folder, with a committed app, and return what it declares.

    Args:
        folder: Where project and app are, or are made.
        monkeypatch: Undoes what the program's surroundings need.
        runs: The version that the hosts say they run; by default the one that was deployed.
        state: What the stack has, None for an engine that does not tell.
        looks: What the hosts say when they are looked at; by default they are new.
        labels: Those of the image that the registry has under the version.
        preview: Whether it is a preview.
        settings: Keys of the config, over those of a small app.
    """
    config: dict[str, Any] = {
        "service": "shop",
        "image": "acme/shop",
        "servers": HOSTS,
        "builder": {"context": "../app"},
        "ssh": {"host_keys": dict.fromkeys(HOSTS, KEY)},
        "registry": {"server": "registry.test", "username": "u", "password": ["REGISTRY"]},
        "secrets": {"REGISTRY": "r3g1stry-pass", "DB": "d4tabase-pass", "HOOK": "h00k-pass"},
        "env": {"clear": {"A": "1"}, "secret": ["DB"]},
    } | settings
    raw = {f"deploy:{key}": value if isinstance(value, str) else json.dumps(value) for key, value in config.items()}
    monkeypatch.setenv("PULUMI_CONFIG", json.dumps(raw))
    monkeypatch.setenv("PULUMI_CONFIG_SECRET_KEYS", json.dumps(["deploy:secrets"]))
    return run_program(
        folder,
        monkeypatch,
        lambda: runpy.run_path(str(PROJECT / "__main__.py"), run_name="__main__"),
        runs=runs,
        state=state,
        looks=looks,
        labels=labels,
        preview=preview,
    )


class FakeLook:
    """A look at hosts that say what a test wants."""

    def __init__(self, hosts: Iterable[str], looks: Mapping[str, HostFacts | NoAnswer]) -> None:
        self._looks = {host: looks.get(host, NEW_HOST) for host in hosts}

    def wait(self) -> Mapping[str, HostFacts | NoAnswer]:
        return self._looks


def run_program(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    program: Callable[[], object],
    *,
    runs: str = "",
    state: STATE | None = MappingProxyType({}),
    looks: Mapping[str, HostFacts | NoAnswer] = MappingProxyType({}),
    labels: Mapping[str, str] = MappingProxyType({}),
    preview: bool = False,
) -> Graph:
    """Run any program as `declare` runs the one of this repository."""
    monkeypatch.chdir(app_project(folder))
    # Else pytest itself would end at an interrupt.
    monkeypatch.setattr("components.deploy.end_quietly_on_interrupt", lambda: None)
    monkeypatch.setattr("components.image.pinned_version.image_digest", lambda *_: DIGEST)
    monkeypatch.setattr("components.image.source_build.image_labels", lambda *_: dict(labels))
    monkeypatch.setattr(
        "components.inspection.inspection.start_look",
        lambda connections, *_: FakeLook([connection.host for connection in connections], looks),
    )
    monitor = Monitor(runs, state)
    pulumi.runtime.set_mocks(
        monitor.mocks, project="deploy", stack="prod", preview=preview, monitor=monitor, organization="acme"
    )

    @pulumi.runtime.test  # type: ignore[untyped-decorator]
    def run() -> None:
        program()

    with listening_socket() as address:
        monkeypatch.setenv("DOCKER_HOST", address)
        run()
    return Graph(monitor.declared)
