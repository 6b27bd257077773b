"""A stack of the program on the sandbox's hosts: a project folder of its own, an app's repository, the real engine."""

import copy
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from dev.sandbox.inventory import Host, Inventory

PROJECT = Path(__file__).resolve().parents[2]

# What a clone of this repository has that a deploy needs; of the first release also its own folders.
PARTS = ("Pulumi.yaml", "__main__.py", "components", "deploy")

GIT = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_AUTHOR_NAME": "First",
    "GIT_AUTHOR_EMAIL": "first@example.invalid",
    "GIT_COMMITTER_NAME": "First",
    "GIT_COMMITTER_EMAIL": "first@example.invalid",
}


WORK = "sh -c 'trap exit TERM; while :; do sleep 1 & wait; done'"
"""The command of a worker."""


class PulumiFailedError(AssertionError):
    """A Pulumi command ended with an error; the text is its output."""


class Stack:
    """One app on the sandbox: `write` and `commit` change it, `up` deploys it, `get` asks it."""

    def __init__(
        self,
        folder: Path,
        service: str,
        inventory: Inventory,
        environment: Mapping[str, str],
        program: Path = PROJECT,
    ) -> None:
        self.folder, self.service, self.inventory = folder, service, inventory
        self.project, self.app = folder / "project", folder / "app"
        self.environment = {
            **os.environ,
            **environment,
            **GIT,
            "PULUMI_BACKEND_URL": f"file://{folder / 'state'}",
            "PULUMI_CONFIG_PASSPHRASE": "test",
        }
        self.configured: set[str] = set()
        (folder / "state").mkdir(parents=True)
        shutil.copytree(PROJECT / "example", self.app)
        self.git("init", "--quiet", "--initial-branch=main")
        self.make_project(program)
        self.commit("The app")
        self.pulumi("stack", "init", "test")
        self.configure(**self._config())

    def make_project(self, program: Path) -> None:
        """Make the Pulumi project's folder with the program of a clone."""
        self.project.mkdir()
        self.use_program(program)
        # Pulumi.yaml names it. The current language host makes an empty one where there is none.
        (self.project / ".venv").symlink_to(PROJECT / ".venv")

    def use_program(self, source: Path) -> None:
        """Have the project's folder hold the program of a clone, in place of what it holds."""
        for part in PARTS:
            old, new = self.project / part, source / part
            if old.is_dir():
                shutil.rmtree(old)
            if new.is_dir():
                shutil.copytree(new, old, ignore=shutil.ignore_patterns("__pycache__"))
            elif new.exists():
                shutil.copy(new, old)

    def _config(self) -> dict[str, Any]:
        hosts, registry = self.inventory.hosts, self.inventory.registry
        return {
            "service": self.service,
            "image": f"tests/{self.service}",
            "builder": {"context": "../app", "args": {"BASE": self.inventory.base_image}},
            "servers": [host.address for host in hosts],
            "ssh": self.ssh,
            "registry": {"server": registry.server, "username": registry.username, "password": ["REGISTRY_PASSWORD"]},
            "proxy": {"app_port": 8080, "host": self.name},
            "deploy_timeout": "10",
            "secrets": {"REGISTRY_PASSWORD": Path(registry.password_file).read_text().strip()},
        }

    @property
    def ssh(self) -> dict[str, Any]:
        """How the hosts are reached."""
        return {
            "users": {host.address: host.user for host in self.hosts},
            "host_keys": {host.address: host.host_key for host in self.hosts},
        }

    def with_worker(self, **settings: Any) -> None:
        """Configure a web role on the first two hosts, a worker on the second one, and a secret; `settings` besides."""
        first, second = (host.address for host in self.hosts[:2])
        self.configure(
            servers={"web": [first, second], "worker": {"hosts": [second], "cmd": WORK}},
            env={"secret": ["TOKEN"]},
            secrets={"TOKEN": "t0ken"},
            **settings,
        )

    @property
    def name(self) -> str:
        """The host name under which the app answers."""
        return f"{self.service}.test"

    @property
    def hosts(self) -> tuple[Host, ...]:
        """The sandbox's hosts."""
        return self.inventory.hosts

    # The app.

    def git(self, *arguments: str) -> str:
        """Run git in the app's repository."""
        words = ["git", "-C", str(self.app), *arguments]
        return subprocess.run(words, env=self.environment, check=True, capture_output=True, text=True).stdout.strip()

    def write(self, path: str, text: str) -> None:
        """Write a file of the app."""
        (self.app / path).write_text(text)

    def commit(self, message: str = "A change") -> str:
        """Commit everything; returns the commit's id."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.git("rev-parse", "HEAD")

    # The stack.

    def hook(self, name: str, script: str) -> None:
        """Give the stack a hook."""
        file = self.project / "hooks" / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(script)
        file.chmod(0o755)

    def as_second_person(self, folder: Path, **environment: str) -> "Stack":
        """The same state, with clones of project and app elsewhere, and another environment."""
        second = copy.copy(self)
        second.project, second.app = folder / "project", folder / "app"
        shutil.copytree(self.project, second.project, symlinks=True, ignore=shutil.ignore_patterns(".local"))
        second.environment = self.environment | environment
        words = ["git", "clone", "--quiet", str(self.app), str(second.app)]
        subprocess.run(words, env=second.environment, check=True)
        second.pulumi("stack", "select", "test")
        return second

    def configure(self, **settings: Any) -> None:
        """Set keys of the config as a whole, `secrets` one by one; None removes a key."""
        # A value by path is put into the old one, and would leave what the new one does not have.
        replaced = sorted(self.configured & settings.keys() - {"secrets"})
        if replaced:
            self.pulumi("config", "rm-all", *(f"deploy:{key}" for key in replaced))
        self.configured = (self.configured - set(replaced)) | {key for key in settings if settings[key] is not None}
        pairs = [pair for key, value in settings.items() if key != "secrets" for pair in _flat(key, value)]
        words = [word for path, item in pairs for word in ("--plaintext", f"deploy:{path}={item}")]
        for name, secret in settings.get("secrets", {}).items():
            words += ["--secret", f"deploy:secrets.{name}={secret}"]
        if words:
            self.pulumi("config", "set-all", "--path", *words)

    def pulumi(self, *arguments: str, check: bool = True, project: Path | None = None) -> str:
        """Run the Pulumi CLI in the project; returns its output, both streams.

        :raises PulumiFailedError: with the output, if the command fails and `check` is on.
        """
        done = subprocess.run(
            ["pulumi", "--non-interactive", "--color=never", *arguments],
            cwd=project or self.project,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
        )
        if check and done.returncode:
            raise PulumiFailedError(done.stdout)
        return done.stdout

    def up(self, *options: str) -> str:
        """`pulumi up` without the preview; returns its output."""
        return self.pulumi("up", "--yes", "--skip-preview", *options)

    def up_fails(self, *options: str) -> str:
        """`pulumi up` that has to fail; returns its output."""
        return self._fails(self.up, *options)

    def preview_fails(self, *options: str) -> str:
        """`pulumi preview` that has to fail; returns its output."""
        return self._fails(self.preview, *options)

    def _fails(self, command: Callable[..., str], *options: str) -> str:
        try:
            output = command(*options)
        except PulumiFailedError as failed:
            return str(failed)
        raise AssertionError(f"it did not fail:\n{output}")

    def preview(self, *options: str) -> str:
        """`pulumi preview`; returns its output."""
        return self.pulumi("preview", *options)

    def outputs(self) -> dict[str, Any]:
        """The stack's outputs."""
        done = subprocess.run(
            ["pulumi", "--non-interactive", "stack", "output", "--json"],
            cwd=self.project,
            env=self.environment,
            check=True,
            capture_output=True,
            text=True,
        )
        return dict(json.loads(done.stdout))

    def state(self) -> str:
        """The stack's state as it is stored."""
        return self.pulumi("stack", "export")

    def destroy(self) -> str:
        """`pulumi destroy`."""
        return self.pulumi("destroy", "--yes", "--skip-preview")


def _flat(path: str, value: Any) -> list[tuple[str, Any]]:
    """Every leaf of `value` with its path, as `pulumi config --path` takes it."""
    if value is None:
        return []
    if isinstance(value, Mapping):
        return [pair for key, item in value.items() for pair in _flat(f'{path}["{key}"]', item)]
    if isinstance(value, list | tuple):
        return [pair for number, item in enumerate(value) for pair in _flat(f"{path}[{number}]", item)]
    return [(path, str(value).lower() if isinstance(value, bool) else value)]
