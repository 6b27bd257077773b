"""The host tool of the first release (commit 62f864e, a shell program), called as its deployer called it."""

import importlib.util
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import ModuleType

from tests.host.docker_host import PROXY, SERVICE, App, Result

NO_FIELDS: Mapping[str, str] = {}

ARCHIVE = Path(__file__).parents[1] / "e2e" / "fixtures" / "first_release.tar.xz"

# What its teardown in the state runs: words are the tool's path, the limit, and the call.
CALL_IF_INSTALLED = """\
tool=$1 limit=$2
shift 2
for tool in "$tool" "${tool%-*}"-*; do
  if [ -x "$tool" ]; then exec timeout -k 10 "$limit" "$tool" "$@"; fi
done
echo 'nothing of this app is left here' >&2
"""


@dataclass(frozen=True)
class FirstRelease:
    """The first release's program, which deploys an app.

    Attributes:
        app: The app.
        folder: Where its archive is extracted to.
    """

    app: App
    folder: Path

    def prepare(self) -> None:
        """The first contact: the tool is installed, and kamal-proxy runs."""
        spec = {
            "network": "kamal",
            "proxy.image": PROXY,
            "proxy.http_port": "80",
            "proxy.https_port": "443",
            "proxy.log_max_size": "10m",
        }
        program = "".join(f"  {line}\n" for line in self._text.splitlines())
        words = ("sh", "-c", self._module.bootstrap_text(), "sh", self.app.name, self._hash)
        result = self.app.host.run(*words, stdin=self._spec_text(spec) + "tool: |\n" + program)
        assert result.status == 0, result.err

    def secrets(self, values: Mapping[str, str], role: str = "web") -> str:
        """The secrets of a role, and the name of their generation."""
        return self._call("secrets", role, spec=values)["secrets"]

    def release(
        self, version: str, role: str = "web", *, secrets: str = "-", container: Mapping[str, str] = NO_FIELDS
    ) -> dict[str, str]:
        """All steps of a release, with what the last one says; `container` has further fields of the container's spec."""
        self.pull(version)
        candidate = self.candidate(version, role, secrets=secrets, container=container)
        return self.switch(version, candidate["release"], candidate["from"], role)

    def pull(self, version: str) -> None:
        login = self.app.host.login
        spec = {"server": login.server, "username": login.username, "password": login.password}
        words = (SERVICE, version, self.app.host.images[version])
        self._call("pull", *words, spec={f"registry.{key}": value for key, value in spec.items()})

    def candidate(
        self, version: str, role: str = "web", *, secrets: str = "-", container: Mapping[str, str] = NO_FIELDS
    ) -> dict[str, str]:
        self.app.roles.add(role)
        gate = {"gate.deploy-timeout": "8s"}
        gate |= {"gate.health-check-path": "/up"} if role == "web" else {"gate.readiness_delay": "0"}
        spec = self._container(version, role, container) | gate
        return self._call("candidate", role, self.app.host.images[version], secrets, spec=spec)

    def switch(self, version: str, release: str, previous: str, role: str = "web") -> dict[str, str]:
        web = {"proxy.host.0": self.app.web_host, "proxy.health-check-path": "/up", "proxy.drain-timeout": "5s"}
        worker = {"gate.readiness_delay": "0", "gate.deploy-timeout": "8s"}
        spec = {
            "version": version,
            "host": "web1",
            "mode": "proxy" if role == "web" else "start-first",
            "stop_timeout": "3",
            "retain": "5",
            **(web if role == "web" else worker),
        }
        return self._call("switch", role, release, previous, spec=spec)

    def task(self, version: str, *command: str) -> None:
        """The release task of the role web."""
        spec = self._container(version, "web", {f"cmd.{number}": word for number, word in enumerate(command)})
        self._call("task", "web", self.app.host.images[version], "-", spec=spec | {"timeout": "20"})

    def teardown(self, role: str) -> Result:
        """What the state of the first release runs when a role leaves, or the stack is destroyed."""
        words = ("sh", "-c", CALL_IF_INSTALLED, "sh", self.tool, "60", "remove", self.app.name, role)
        return self.app.host.run(*words)

    @property
    def tool(self) -> str:
        """Its path on the host."""
        return f"{self.app.home}/bin/host_tool-{self._hash}"

    def _call(self, verb: str, *words: str, spec: Mapping[str, str]) -> dict[str, str]:
        call = ("timeout", "-k", "10", "50", self.tool, verb, self.app.name, *words)
        result = self.app.host.run(*call, stdin=self._spec_text(spec))
        assert result.status == 0, result.err
        parsed: dict[str, str] = self._spec_module.parse_spec(result.out)
        return parsed

    def _container(self, version: str, role: str, fields: Mapping[str, str]) -> dict[str, str]:
        web = {"mode": "proxy", "port": "80"}
        return {
            "service": SERVICE,
            "role": role,
            "destination": self.app.destination,
            "host": "web1",
            "version": version,
            "network": "kamal",
            **(web if role == "web" else {"mode": "start-first"}),
            **fields,
            "log.opt.max-size": "10m",
        }

    @cached_property
    def _module(self) -> ModuleType:
        return _load(self.folder / "components/host_tool/__init__.py")

    @cached_property
    def _spec_module(self) -> ModuleType:
        return _load(self.folder / "components/host_tool/spec.py")

    @property
    def _text(self) -> str:
        text: str = self._module.host_tool_text()
        return text

    @property
    def _hash(self) -> str:
        text: str = self._module.host_tool_hash(self._text)
        return text

    def _spec_text(self, spec: Mapping[str, str]) -> str:
        text: str = self._spec_module.spec_text(spec)
        return text


def extract(folder: Path) -> Path:
    """Unpack the first release's program into a folder, and return that."""
    subprocess.run(["tar", "--extract", "--xz", "--file", ARCHIVE, "--directory", folder], check=True)
    return folder


def _load(path: Path) -> ModuleType:
    """A module of the first release, under a name of its own."""
    spec = importlib.util.spec_from_file_location(f"first_release_{path.stem}", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
