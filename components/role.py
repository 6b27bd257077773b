"""A role on one host: its secrets, its candidate, and the switch to it."""

from collections.abc import Mapping, Sequence

import pulumi

from .app_image import AppImage
from .command import HostCommand, after, on_host
from .host import MARGIN, NETWORK, Host
from .host_tool.spec import parse_spec, spec_text
from .proxy import gate_spec, numbered, route_spec
from .settings import ReleaseTask, Settings
from .settings import Role as RoleSettings

# Says that a role has no secrets; the host tool knows it.
NO_SECRETS = "-"


class Role(pulumi.ComponentResource):
    """One role on one host. `candidate` first, then `switch`: each waits for what it is given."""

    def __init__(
        self,
        host: Host,
        role: RoleSettings,
        settings: Settings,
        image: AppImage,
        *,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare the role's secrets on `host`."""
        self._base = f"{host.name}-{role.name}"
        # What a preview shows of the role as a whole: which of its settings change, even without --diff.
        shown = {
            "version": image.version,
            "cmd": list(role.cmd),
            "env": role.env,
            "env_secret": sorted(role.env_secret),
            "labels": role.labels,
            "options": {name: list(values) for name, values in role.options.items()},
            "proxy": route_spec(settings, role.proxy) if role.proxy else {},
        }
        super().__init__("kamal:index:Role", self._base, shown, opts)
        self.host = host
        self.role = role
        self._settings = settings
        self._image = image
        self._anchor = host.anchors[role.name]
        self._secrets = self._declare_secrets()

    def _declare_secrets(self) -> HostCommand | None:
        if not self.role.env_secret:
            return None
        values = {name: self._settings.secret(key) for name, key in self.role.env_secret.items()}
        return on_host(
            f"{self._base}-secrets",
            self.host.target,
            self.host.tool.call("secrets", self.host.tool.app, self.role.name),
            stdin=pulumi.Output.secret(spec_text(values)),
            opts=after(self, [self._anchor]),
        )

    def secrets_generation(self) -> pulumi.Input[str]:
        """The name under which the host keeps the secret values: a keyed hash, so it changes when a value does."""
        if self._secrets is None:
            return NO_SECRETS
        return self._secrets.stdout.apply(lambda stdout: parse_spec(stdout)["secrets"])

    def candidate(self, after_these: Sequence[pulumi.Resource]) -> HostCommand:
        """Start the new container beside the old and wait until it is healthy; nothing is routed to it."""
        self._candidate = on_host(
            f"{self._base}-candidate",
            self.host.target,
            self.host.tool.call(
                "candidate",
                self.host.tool.app,
                self.role.name,
                self._image.reference,
                self.secrets_generation(),
                limit=self._settings.deploy_timeout + MARGIN,
            ),
            stdin=self._image.version.apply(lambda version: spec_text(self.container_spec(version) | self._gate())),
            opts=after(self, [self._anchor], after_these),
        )
        return self._candidate

    def switch(self, after_these: Sequence[pulumi.Resource]) -> HostCommand:
        """Route to the candidate (or, without proxy, start it), drain, and retire the old containers.

        Compares what runs with what was wanted, and prints it.
        """
        candidate = self._candidate.stdout.apply(parse_spec)
        settings = self._settings
        waits = settings.deploy_timeout + settings.drain_timeout + settings.readiness_delay + self.role.stop_timeout
        self._switch = on_host(
            f"{self._base}-switch",
            self.host.target,
            self.host.tool.call(
                "switch",
                self.host.tool.app,
                self.role.name,
                candidate["release"],
                candidate["from"],
                limit=waits + MARGIN,
            ),
            stdin=self._image.version.apply(lambda version: spec_text(self._switch_spec(version))),
            opts=after(self, [self._candidate], after_these),
        )
        self.register_outputs({"running": self._switch.stdout})
        return self._switch

    def running(self) -> pulumi.Output[Mapping[str, str]]:
        """What the host says runs: container, version, digest, release, since (UTC), previous (a version)."""
        return self._switch.stdout.apply(parse_spec)

    def container_spec(self, version: str) -> dict[str, str]:
        """All that makes the role's container, but for the digest and the secrets, which are known later."""
        settings, role = self._settings, self.role
        return {
            "service": settings.service,
            "role": role.name,
            "destination": settings.destination or "",
            "host": self.host.name,
            "version": version,
            "network": NETWORK,
            "mode": "proxy" if role.proxy else role.strategy,
            **({"port": str(role.proxy.app_port)} if role.proxy else {}),
            **{f"cmd.{number}": word for number, word in enumerate(role.cmd)},
            **{f"env.{name}": value for name, value in sorted(role.env.items())},
            **{f"label.{name}": value for name, value in sorted(role.labels.items())},
            **numbered("option", role.options),
            # Docker's own logs grow without end.
            **({} if "log-driver" in role.options or "log-opt" in role.options else {"log.opt.max-size": "10m"}),
        }

    def task_spec(self, version: str, task: ReleaseTask) -> dict[str, str]:
        """The role's container with the release task as its command."""
        spec = {key: value for key, value in self.container_spec(version).items() if not key.startswith("cmd.")}
        return {**spec, **{f"cmd.{number}": word for number, word in enumerate(task.cmd)}, "timeout": str(task.timeout)}

    def _gate(self) -> dict[str, str]:
        if self.role.proxy:
            return gate_spec(self._settings, self.role.proxy)
        return {
            "gate.deploy-timeout": f"{self._settings.deploy_timeout}s",
            "gate.readiness_delay": str(self._settings.readiness_delay),
        }

    def _switch_spec(self, version: str) -> dict[str, str]:
        return {
            "version": version,
            "host": self.host.name,
            "mode": "proxy" if self.role.proxy else self.role.strategy,
            "drain_timeout": str(self._settings.drain_timeout),
            "stop_timeout": str(self.role.stop_timeout),
            "retain": str(self._settings.retain_containers),
            **self._gate(),
            **(route_spec(self._settings, self.role.proxy) if self.role.proxy else {}),
        }
