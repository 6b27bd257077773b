"""The resource graph of the program, declared against Pulumi's mocks."""

import json
import runpy
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pulumi
import pytest
from google.protobuf.json_format import MessageToDict
from pulumi.runtime.mocks import MockMonitor

PROJECT = Path(__file__).resolve().parents[2]
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHF1aXRlIG9idmlvdXNseSBub3QgYSByZWFsIGtleSE"
DIGEST = "sha256:" + "5" * 64
HOSTS = ["192.0.2.1", "192.0.2.2"]

PINNED = "v7"

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

    @property
    def key(self) -> str:
        """A Command's name, which tells it apart; of other resources the kind as well: `RemoteImage shop`."""
        return self.name if self.kind.startswith("command:") else f"{self.kind.rpartition(':')[2]} {self.name}"


def _key(urn: str) -> str:
    kind, _, name = urn.split("::", 2)[2].rpartition("::")
    return Declared(kind.rpartition("$")[2], name, {}).key


class Mocks(pulumi.runtime.Mocks):
    """Answers as the providers would: a digest for a pushed image, the host tool's output for a Command."""

    def __init__(self, runs: str) -> None:
        self.runs = runs
        self.version = PINNED

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        outputs = dict(args.inputs)
        if args.typ == "docker:index/registryImage:RegistryImage":
            self.version = args.inputs["name"].rpartition(":")[2]
            outputs["sha256Digest"] = DIGEST
        if args.typ.startswith("command:"):
            outputs["stdout"] = _output(args.name, self.runs or self.version)
        return f"{args.name}-id", outputs

    def call(self, args: pulumi.runtime.MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        raise AssertionError(f"the program invokes {args.token}")


def _output(name: str, version: str) -> str:
    if name.endswith("-start"):
        return 'performer: "tess"\nrecorded_at: "2026-01-01T00:00:00Z"\nstarted_at: "1"\n'
    if name.endswith("-secrets"):
        return 'secrets: "5ec2e7"\n'
    if name.endswith("-candidate"):
        return 'release: "abc"\nfrom: "none"\n'
    return f'container: "c"\nversion: "{version}"\nrelease: "abc"\nprevious: ""\n'


class Monitor(MockMonitor):
    """Keeps every registration."""

    def __init__(self, runs: str) -> None:
        super().__init__(Mocks(runs))
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


def declare(folder: Path, monkeypatch: pytest.MonkeyPatch, *, runs: str = "", **settings: Any) -> Graph:
    """Run the program in a project folder, with a committed app, and return what it declares.

    Args:
        folder: Where project and app are, or are made.
        monkeypatch: Undoes what the program's surroundings need.
        runs: The version that the hosts say they run; by default the one that was deployed.
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
        folder, monkeypatch, lambda: runpy.run_path(str(PROJECT / "__main__.py"), run_name="__main__"), runs=runs
    )


def run_program(
    folder: Path, monkeypatch: pytest.MonkeyPatch, program: Callable[[], object], *, runs: str = ""
) -> Graph:
    """Run any program as `declare` runs the one of this repository."""
    monkeypatch.chdir(app_project(folder))
    # Else pytest itself would end at an interrupt.
    monkeypatch.setattr("components.deploy.end_quietly_on_interrupt", lambda: None)
    monkeypatch.setattr("components.image.pinned_version.image_digest", lambda *_: DIGEST)
    monitor = Monitor(runs)
    pulumi.runtime.set_mocks(monitor.mocks, project="deploy", stack="prod", preview=False, monitor=monitor)

    @pulumi.runtime.test  # type: ignore[untyped-decorator]
    def run() -> None:
        program()

    with listening_socket() as address:
        monkeypatch.setenv("DOCKER_HOST", address)
        run()
    return Graph(monitor.declared)
