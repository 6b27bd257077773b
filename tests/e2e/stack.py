"""A stack of the program on the sandbox's hosts: a project folder of its own, an app's repository, the real engine."""

import copy
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

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


# The stack's name, unless it is renamed.
NAME = "test"


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
        new: "NewStack | None" = None,
    ) -> None:
        self.folder, self.service, self.inventory = folder, service, inventory
        self.project, self.app = folder / "project", folder / "app"
        self.environment = {
            **os.environ,
            **environment,
            **GIT,
            "PULUMI_BACKEND_URL": f"file://{folder / 'state'}",
            "PULUMI_CONFIG_PASSPHRASE": "test",
            "PULUMI_STACK": NAME,
        }
        (folder / "state").mkdir(parents=True)
        shutil.copytree(PROJECT / "example", self.app)
        self.git("init", "--quiet", "--initial-branch=main")
        self.make_project(program)
        self.commit("The app")
        self.make_stack(new)
        self.configure(**self._config())

    def make_stack(self, new: "NewStack | None") -> None:
        """Make a stack that has the registry's password as a secret, from a copy of `new` where there is one."""
        if new:
            new.copy_to(self.folder / "state", self.config_file)
            return
        self.pulumi("stack", "init", NAME)
        password = Path(self.inventory.registry.password_file).read_text().strip()
        self.configure(secrets={"REGISTRY_PASSWORD": password})

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
            old.unlink(missing_ok=True)
            if new.is_dir():
                # A copy would be compiled once more by each stack.
                old.symlink_to(new)
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
        }

    @property
    def ssh(self) -> dict[str, Any]:
        """How the hosts are reached."""
        return {
            "users": {host.address: host.user for host in self.hosts},
            "host_keys": {host.address: host.host_key for host in self.hosts},
        }

    def with_worker(self, **settings: Any) -> None:
        """Configure a web role on all hosts, a worker on the last one, and a secret; `settings` besides."""
        hosts = [host.address for host in self.hosts]
        self.configure(
            servers={"web": hosts, "worker": {"hosts": hosts[-1:], "cmd": WORK}},
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
        return second

    def rename(self, name: str) -> None:
        """`pulumi stack rename`."""
        self.pulumi("stack", "rename", name)
        self.environment["PULUMI_STACK"] = name

    @property
    def config_file(self) -> Path:
        """The file with the stack's config."""
        return self.project / f"Pulumi.{self.environment['PULUMI_STACK']}.yaml"

    def configure(self, **settings: Any) -> None:
        """Set keys of the config as a whole, `secrets` one by one; None removes a key."""
        secrets = settings.pop("secrets", {})
        content = yaml.safe_load(self.config_file.read_text())
        config = content.setdefault("config", {})
        for key, value in settings.items():
            config[f"deploy:{key}"] = value
            if value is None:
                del config[f"deploy:{key}"]
        # JSON is YAML.
        self.config_file.write_text(json.dumps(content))
        words = [word for name, value in secrets.items() for word in ("--secret", f"deploy:secrets.{name}={value}")]
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


class NewStack:
    """A stack that was made once, to be copied: each call of Pulumi derives a key from the passphrase, which takes time."""

    def __init__(self, made: Stack) -> None:
        self._state, self._config = made.folder / "state", made.config_file.read_text()

    def copy_to(self, state: Path, config_file: Path) -> None:
        """Make a copy: the folder of the state and the file of the config."""
        shutil.copytree(self._state, state, dirs_exist_ok=True)
        config_file.write_text(self._config)
