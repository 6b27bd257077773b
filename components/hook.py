"""The user's hooks: Kamal's names and environment, each a Command that is part of the plan."""

import hashlib
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path

import pulumi

from .command import local_command, remote_command, step_input
from .deploy_start import DeployStart, declare_deploy_start
from .hook_runner import RUNNER, runner_text
from .host import MARGIN, Host
from .host_tool.program import program_hash
from .host_tool.spec import HookSpec
from .inspection import Inspection
from .naming import service_version
from .resource_options import child_of
from .secret import Secret
from .settings import Settings
from .settings.hooks import HOOKS

ONCE = ("docker-setup",)
"""Hooks that run when they are new on a host, and never again."""


def hook_files(settings: Settings, project: Path) -> dict[str, Path]:
    """Return the hooks that the user has, by name.

    Args:
        settings: The settings of the deploy.
        project: The Pulumi project's folder, relative to the folder of the program.
    """
    folder = project / settings.hooks.path
    return {hook: folder / hook for hook in HOOKS if (folder / hook).exists()}


class Hooks:
    """The hooks that the user has, and what they are told. Each is declared by `run`."""

    def __init__(
        self,
        name: str,
        settings: Settings,
        version: str,
        project: Path,
        inspection: Inspection,
        *,
        parent: pulumi.Resource,
    ) -> None:
        """Find the hooks.

        Args:
            name: What the resources' names begin with.
            settings: The settings of the deploy.
            version: The version that is deployed.
            project: The Pulumi project's folder, relative to the folder of the program.
            inspection: What the hosts say.
            parent: The component that the hooks belong to.
        """
        self._name, self._settings, self._version = name, settings, version
        self._project, self._inspection, self._parent = project, inspection, parent
        self._files = hook_files(settings, project)

    @cached_property
    def _start(self) -> DeployStart:
        """Who deploys and when. Declared with the first hook: without hooks nobody needs to know."""
        formerly = "kamal:index:Deployment$command:local:Command::deployment"
        options = child_of(self._parent, formerly=formerly)
        return declare_deploy_start(f"{self._name}-start", self._settings, self._version, self._programs(), options)

    def _programs(self) -> dict[str, str]:
        """Return a hash of each hook's script and of what runs it: a deploy of another one has a start of its own."""
        scripts = {hook: _hash(path.read_bytes()) for hook, path in self._files.items()}
        return {**scripts, "hook_runner": _hash(runner_text().encode()), "host_tool": program_hash()}

    def has(self, hook: str) -> bool:
        """Return whether the user has a hook."""
        return hook in self._files

    def run(
        self,
        hook: str,
        version: pulumi.Input[str],
        hosts: Sequence[Host] = (),
        *,
        suffix: str = "",
        depends_on: Iterable[pulumi.Resource] = (),
    ) -> list[pulumi.Resource]:
        """Declare a hook if the user has it, where the settings want it: on the primary host, each host or the deployer.

        Args:
            hook: Its name.
            version: The version that it is told.
            hosts: Those that it is about, the primary host first; none before they are connected.
            suffix: Tells the runs of one hook in a deploy apart (boot groups).
            depends_on: What has to succeed before it.

        Returns:
            What has to succeed before the deploy goes on.
        """
        before = list(depends_on)
        if hook not in self._files:
            return before
        environment = self._environment(version, [host.address for host in hosts] or self._settings.hosts)
        place = self._settings.hooks.place(hook)
        if place == "deployer":
            return [*before, self._on_deployer(hook, suffix, environment, before)]
        # The primary host comes first, also in a group that it belongs to.
        chosen = hosts if place == "each" else hosts[:1]
        return [*before, *(self._on_host(host, hook, suffix, environment, before) for host in chosen)]

    def _environment(self, version: pulumi.Input[str], hosts: Sequence[str]) -> dict[str, pulumi.Input[str]]:
        """Return the KAMAL_* variables except the performer and the times: see `DeployStart`."""
        settings = self._settings
        destination = {"KAMAL_DESTINATION": settings.destination} if settings.destination else {}
        return {
            "KAMAL_COMMAND": "deploy",
            **destination,
            "KAMAL_HOSTS": ",".join(hosts),
            # `pulumi up` holds the lock of the stack's state from its first to its last step.
            "KAMAL_LOCK": "true",
            "KAMAL_SERVICE": settings.service,
            "KAMAL_SERVICE_VERSION": pulumi.Output.from_input(version).apply(
                lambda version: service_version(settings.service, version)
            ),
            "KAMAL_VERSION": version,
        }

    def _on_deployer(
        self, hook: str, suffix: str, environment: dict[str, pulumi.Input[str]], depends_on: list[pulumi.Resource]
    ) -> pulumi.Resource:
        path = Path(self._settings.hooks.path, hook)
        runtime = {"KAMAL_STARTED_AT": self._start.started_at.apply(str)} if hook == "post-deploy" else {}
        return local_command(
            f"{self._name}-{hook}{suffix}",
            create=[*RUNNER, str(self._settings.hooks.timeout), str(path) if path.is_absolute() else f"./{path}"],
            stdin=runner_text(),
            folder=None if self._project == Path() else str(self._project),
            environment={
                **self._secrets(hook),
                **environment,
                **runtime,
                "KAMAL_PERFORMER": self._start.performer,
                "KAMAL_RECORDED_AT": self._start.recorded_at,
                # A changed script is a changed hook.
                "KAMAL_HOOK_SHA256": _hash(self._files[hook].read_bytes()),
            },
            opts=self._options(hook, f"command:local:Command::{hook}{suffix}", depends_on),
        )

    def _on_host(
        self,
        host: Host,
        hook: str,
        suffix: str,
        environment: dict[str, pulumi.Input[str]],
        depends_on: list[pulumi.Resource],
    ) -> pulumi.Resource:
        limit = self._settings.hooks.timeout
        variables = [pulumi.Output.concat(name, "=", value) for name, value in environment.items()]
        secrets = {name: secret.reveal() for name, secret in self._secrets(hook).items()}
        script = self._files[hook].read_bytes().decode(errors="surrogateescape")
        start = self._start
        spec = pulumi.Output.all(start.performer, start.recorded_at, start.started_at).apply(
            lambda started: HookSpec(
                script=script,
                performer=started[0],
                recorded_at=started[1],
                started_at=started[2],
                secrets=secrets,
            )
        )
        name = f"{host.resource_name}-{hook}{suffix}"
        reason = self._inspection.reason_of_loss(host.address, name) if hook in ONCE else None
        return remote_command(
            name,
            host.connection,
            create=host.tool.call("hook", hook, str(limit), *variables, limit=limit + MARGIN),
            stdin=step_input(spec, secret=bool(secrets)),
            reason=reason,
            opts=self._options(
                hook,
                f"command:remote:Command::{host.address}-{hook}{suffix}",
                [host.prepare, *depends_on],
                runs_again=bool(reason),
            ),
        )

    def _options(
        self, hook: str, formerly: str, depends_on: list[pulumi.Resource], *, runs_again: bool = False
    ) -> pulumi.ResourceOptions:
        options = child_of(self._parent, depends_on=depends_on, formerly=f"kamal:index:Hook${formerly}")
        if hook in ONCE and not runs_again:
            # What has run stays as it ran, whatever its inputs become.
            options.ignore_changes = ["create", "stdin", "environment", "connection", "dir"]
        return options

    def _secrets(self, hook: str) -> dict[str, Secret]:
        """Return the secrets that the settings give the hook, by variable."""
        return {name: self._settings.secret(name) for name in self._settings.hooks.secrets.get(hook, ())}


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
