"""The resource graph of the program, declared against Pulumi's mocks."""

import json
import runpy
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pulumi
from google.protobuf.json_format import MessageToDict
from pulumi.runtime.mocks import MockMonitor

PROJECT = Path(__file__).resolve().parents[2]
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHF1aXRlIG9idmlvdXNseSBub3QgYSByZWFsIGtleSE"
DIGEST = "sha256:" + "5" * 64
HOSTS = ["192.0.2.1", "192.0.2.2"]

# How Pulumi's wire format marks a secret.
SECRET_MARK = "4dabf18193072939515e22adb298388d"


@dataclass
class Declared:
    """One resource: its inputs as sent, secrets still wrapped, and the names of what it waits for."""

    kind: str
    name: str
    inputs: dict[str, Any]
    waits_for: set[str] = field(default_factory=set)

    @property
    def key(self) -> str:
        """A Command's name, which tells it apart; of other resources the kind as well: `RemoteImage shop`."""
        return self.name if self.kind.startswith("command:") else f"{self.kind.rpartition(':')[2]} {self.name}"


def _key(urn: str) -> str:
    kind, _, name = urn.split("::", 2)[2].rpartition("::")
    return Declared(kind.rpartition("$")[2], name, {}).key


class Mocks(pulumi.runtime.Mocks):
    """Answers as the providers would: a digest for a pushed image, the host tool's words for a Command."""

    version = ""
    runs = ""

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        outputs = dict(args.inputs)
        if args.typ == "docker:index/registryImage:RegistryImage":
            self.version = args.inputs["name"].rpartition(":")[2]
        if args.typ == "docker:index/registryImage:RegistryImage":
            outputs["sha256Digest"] = DIGEST
        if args.typ.startswith("command:"):
            outputs["stdout"] = _said(args.name, self.runs or self.version)
        return f"{args.name}-id", outputs

    def call(self, args: pulumi.runtime.MockCallArgs) -> dict[str, Any]:
        self.version = args.args["name"].rpartition(":")[2]
        return {"name": args.args["name"], "sha256Digest": DIGEST, "id": DIGEST}


def _said(name: str, version: str) -> str:
    if name == "deployment":
        return 'performer: "tess"\nrecorded_at: "2026-01-01T00:00:00Z"\nstarted_at: "1"\n'
    if name.endswith("-secrets"):
        return 'secrets: "5ec2e7"\n'
    if name.endswith("-candidate"):
        return 'release: "abc"\nfrom: "none"\n'
    return f'container: "c"\nversion: "{version}"\nrelease: "abc"\nprevious: ""\n'


class Monitor(MockMonitor):
    """Keeps every registration."""

    def __init__(self, runs: str) -> None:
        super().__init__(Mocks())
        self.mocks.runs = runs
        self.declared: list[Declared] = []

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802  # the name is gRPC's
        waits = {*request.dependencies}
        for dependencies in request.propertyDependencies.values():
            waits |= {*dependencies.urns}
        self.declared.append(
            Declared(request.type, request.name, MessageToDict(request.object), {_key(urn) for urn in waits})
        )
        return super().RegisterResource(request)


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


def declare(folder: Path, monkeypatch: Any, *, preview: bool = False, runs: str = "", **settings: Any) -> Graph:
    """Run the program in a project folder, with a committed app, and return what it declares.

    `runs`: the version that the hosts say they run; by default the one that was deployed.
    """
    project = folder / "project"
    if not project.exists():
        project.mkdir(parents=True)
        (folder / "app").mkdir()
        (folder / "app" / "Dockerfile").write_text("FROM scratch\n")
        for words in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message", "The app"]):
            identity = ["-c", "user.name=T", "-c", "user.email=t@example.invalid"]
            subprocess.run(["git", "-C", str(folder / "app"), *identity, *words], check=True)
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
    monkeypatch.chdir(project)
    monkeypatch.setenv("PULUMI_CONFIG", json.dumps(raw))
    monkeypatch.setenv("PULUMI_CONFIG_SECRET_KEYS", json.dumps(["deploy:secrets"]))
    monitor = Monitor(runs)
    pulumi.runtime.set_mocks(monitor.mocks, project="deploy", stack="prod", preview=preview, monitor=monitor)

    @pulumi.runtime.test  # type: ignore[untyped-decorator]
    def run() -> None:
        runpy.run_path(str(PROJECT / "__main__.py"), run_name="__main__")

    run()
    return Graph(monitor.declared)
