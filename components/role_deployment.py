"""A role on a host: its secrets, and the container that the settings make of it."""

from collections.abc import Mapping

import pulumi

from .command import Spec, remote_command, spec_input
from .host import NETWORK, Host
from .host_tool.spec import parse_spec
from .image import AppImage
from .proxy import numbered, route_spec
from .resource_options import child_of
from .settings import ReleaseTaskSettings, ResolvedRole, Settings

NO_SECRETS = "-"
"""Tells the host tool that a role has no secrets."""


class RoleDeployment(pulumi.ComponentResource):
    """One role on one host. Its candidate and its switch are children of it: see `candidate.py` and `switch.py`.

    Attributes:
        secrets_hash: The name under which the host keeps the role's secret values: a keyed hash, so that it changes
            when a value does, and tells nothing about it.
    """

    secrets_hash: pulumi.Input[str]

    def __init__(
        self,
        name: str,
        host: Host,
        role: ResolvedRole,
        settings: Settings,
        image: AppImage,
        *,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare the role's secrets on the host.

        Args:
            name: The resource's name; its parts' names begin with it.
            host: Where the role runs.
            role: The role.
            settings: The deploy that it belongs to.
            image: What it runs.
            opts: Options of the component.
        """
        # What a preview shows of the role as a whole: which of its settings change, even without --diff.
        inputs = {
            "version": image.version,
            "cmd": list(role.cmd),
            "env": dict(role.env),
            "env_secret": sorted(role.secret_env),
            "labels": dict(role.labels),
            "options": {option: list(values) for option, values in role.options.items()},
            "proxy": route_spec(settings, role.proxy) if role.proxy else {},
        }
        super().__init__("kamal:index:Role", name, inputs, opts)
        self.resource_name = name
        self.host = host
        self.role = role
        self.settings = settings
        self.image = image
        self.secrets_hash = self._keep_secrets()

    @property
    def teardown(self) -> pulumi.Resource:
        """What takes the role down. It is there before anything that it would have to remove."""
        return self.host.teardowns[self.role.name]

    def child(self, step: str, *depends_on: pulumi.Resource) -> pulumi.ResourceOptions:
        """Return the options of a step of this role, which waits for `depends_on` and for the teardown to be there."""
        formerly = "kamal:index:Release$kamal:index:Role$command:remote:Command"
        return child_of(
            self,
            depends_on=[self.teardown, *depends_on],
            formerly=f"{formerly}::{self.host.address}-{self.role.name}-{step}",
        )

    def _keep_secrets(self) -> pulumi.Input[str]:
        if not self.role.secret_env:
            return NO_SECRETS
        command = remote_command(
            f"{self.resource_name}-secrets",
            self.host.connection,
            create=self.host.tool.call("secrets", self.role.name),
            stdin=spec_input(self.role.secret_env),
            opts=self.child("secrets"),
        )
        return command.stdout.apply(lambda stdout: parse_spec(stdout)["secrets"])

    def container_spec(self) -> Spec:
        """Return all that makes the role's container, except the digest and the secrets, which are known later."""
        settings, role = self.settings, self.role
        return {
            "service": settings.service,
            "role": role.name,
            "destination": settings.destination,
            "host": self.host.address,
            "version": self.image.version,
            "network": NETWORK,
            "mode": self.mode,
            **({"port": str(role.proxy.app_port)} if role.proxy else {}),
            **_words("cmd", role.cmd),
            **_fields("env", role.env),
            **_fields("label", role.labels),
            **numbered("option", role.options),
            # Docker's own logs grow without end.
            **({} if "log-driver" in role.options or "log-opt" in role.options else {"log.opt.max-size": "10m"}),
        }

    def task_spec(self, task: ReleaseTaskSettings) -> Spec:
        """Return the role's container with the release task as its command."""
        container = {key: value for key, value in self.container_spec().items() if not key.startswith("cmd.")}
        return {**container, **_words("cmd", task.cmd), "timeout": str(task.timeout)}

    @property
    def mode(self) -> str:
        """How the new container takes over from the old: `proxy`, `start-first` or `stop-first`."""
        return "proxy" if self.role.proxy else self.role.strategy


def _words(prefix: str, words: tuple[str, ...]) -> dict[str, str]:
    return {f"{prefix}.{number}": word for number, word in enumerate(words)}


def _fields(prefix: str, values: Mapping[str, str]) -> dict[str, str]:
    return {f"{prefix}.{name}": value for name, value in sorted(values.items())}
