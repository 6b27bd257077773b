"""An accessory on its hosts: a server beside the app, in a container that is replaced only when its settings change."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict

import pulumi

from .candidate import PULL_LIMIT
from .certificate_step import certificate_hash, certificate_input
from .command import RemoteCommand, remote_command, step_input, step_result
from .host import MARGIN, Host
from .host_tool import spec
from .host_tool.json_codec import to_fields
from .host_tool.result import RunningAccessory
from .inspection import AccessoryReasons
from .outputs import RunningByAccessory
from .proxy import route_spec
from .resource_options import child_of
from .secrets_step import secrets_hash, secrets_input
from .settings import ResolvedAccessory, Settings


class Accessory(pulumi.ComponentResource):
    """An accessory on one host. What tears it down belongs to the host.

    Attributes:
        accessory: Its settings.
        host: Where it runs.
        command: The Command that has it run as the settings want.
        running: What the host says runs.
    """

    accessory: ResolvedAccessory
    host: Host
    command: RemoteCommand
    running: pulumi.Output[RunningAccessory]

    def __init__(
        self,
        host: Host,
        accessory: ResolvedAccessory,
        settings: Settings,
        files: Sequence[spec.FileSpec],
        *,
        depends_on: Iterable[pulumi.Resource],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare the accessory on a host.

        Args:
            host: Where it runs.
            accessory: Its settings.
            settings: The deploy that it belongs to.
            files: The files that it mounts.
            depends_on: What has to succeed before it is started or replaced.
            opts: Options of the component.
        """
        told = accessory_spec(host.address, accessory, settings, files)
        # What a preview shows of it as a whole, even without --diff.
        inputs = {
            **to_fields(told.container),
            "env_secret": sorted(accessory.secret_env),
            "proxy": to_fields(told.proxy) if told.proxy else {},
            "delete_data": accessory.settings.delete_data,
        }
        name = f"{host.resource_name}-{accessory.name}-accessory"
        super().__init__("kamal:index:Accessory", name, inputs, opts)
        # Now, as the inputs become attributes, too.
        self.resource_name, self.host, self.accessory = name, host, accessory
        secrets, certificate = self._keep_secrets(), self._keep_certificate()
        self.command = remote_command(
            self.resource_name,
            host.connection,
            create=host.tool.call(
                "accessory",
                accessory.name,
                secrets_hash(secrets, accessory.secret_env),
                # Another certificate is another route, and nothing else.
                *([certificate] if certificate else []),
                limit=PULL_LIMIT + self._waits + MARGIN,
            ),
            stdin=step_input(told),
            reason=host.reason(f"{accessory.name}-accessory", self._reasons.container),
            opts=child_of(self, depends_on=[host.prepare, *([secrets] if secrets else []), *depends_on]),
        )
        self.running = step_result(self.command, RunningAccessory)
        self.register_outputs({})

    @property
    def _reasons(self) -> AccessoryReasons:
        return self.host.inspection.of(self.host.address).accessories.get(self.accessory.name, AccessoryReasons())

    @property
    def _waits(self) -> int:
        """Seconds that its settings let a step wait: also for the old container, when the new one does not get ready."""
        settings = self.accessory.settings
        return settings.deploy_timeout + settings.readiness_delay + 2 * settings.stop_timeout

    def _keep_secrets(self) -> RemoteCommand | None:
        """Declare the step that leaves the secrets and the registry's login on the host, if there are any."""
        login = self.accessory.login
        told = secrets_input(self.accessory.secret_env, login.server if login else "", login.login if login else None)
        if told is None:
            return None
        return remote_command(
            f"{self.resource_name}-secrets",
            self.host.connection,
            create=self.host.tool.call("accessory_secrets", self.accessory.name),
            stdin=told,
            reason=self.host.reason(f"{self.accessory.name}-accessory-secrets", self._reasons.secrets),
            opts=child_of(self.host, depends_on=[self.host.prepare]),
        )

    def _keep_certificate(self) -> pulumi.Output[str] | None:
        """Declare the step that leaves its own TLS certificate on the host, if it has one, and return its name there."""
        certificate = self.accessory.certificate
        if not certificate:
            return None
        command = remote_command(
            f"{self.resource_name}-certificate",
            self.host.connection,
            create=self.host.tool.call("accessory_certificate", self.accessory.name),
            stdin=certificate_input(certificate),
            reason=self.host.reason(f"{self.accessory.name}-accessory-certificate", self._reasons.certificate),
            opts=child_of(self.host, depends_on=[self.host.prepare]),
        )
        return certificate_hash(command)


def accessory_spec(
    host: str, accessory: ResolvedAccessory, settings: Settings, files: Sequence[spec.FileSpec]
) -> spec.AccessorySpec:
    """Return what a host is told of an accessory.

    Args:
        host: The host as the settings spell it.
        accessory: The accessory.
        settings: The deploy that it belongs to.
        files: The files that it mounts.
    """
    own = accessory.settings
    container = spec.AccessoryContainerSpec(
        service=accessory.service,
        host=host,
        image=accessory.image,
        network=own.network,
        cmd=own.cmd,
        env=dict(own.env.clear),
        labels=dict(own.labels),
        options=dict(accessory.options),
        files=tuple(files),
        directories=tuple(
            spec.DirectorySpec(each.local, each.remote, each.mode, each.owner, each.options) for each in own.directories
        ),
        volumes=own.volumes,
        port=own.port,
    )
    return spec.AccessorySpec(
        container=container,
        deploy_timeout=own.deploy_timeout,
        readiness_delay=own.readiness_delay,
        stop_timeout=own.stop_timeout,
        proxy=route_spec(own.proxy) if own.proxy else None,
        drain_timeout=settings.drain_timeout if own.proxy else None,
    )


def declare_accessories(
    settings: Settings,
    hosts: Sequence[Host],
    files: Mapping[str, Sequence[spec.FileSpec]],
    *,
    depends_on: Iterable[pulumi.Resource],
    parent: pulumi.Resource,
) -> list[Accessory]:
    """Declare every accessory on each of its hosts.

    Args:
        settings: The settings of the deploy.
        hosts: The hosts.
        files: The files that each accessory mounts.
        depends_on: What has to succeed before any of them starts.
        parent: The deploy.
    """
    before = list(depends_on)
    _warn(settings)
    return [
        Accessory(host, accessory, settings, files[accessory.name], depends_on=before, opts=child_of(parent))
        for accessory in settings.resolved_accessories
        for host in hosts
        if host.address in accessory.hosts
    ]


def running_by_accessory(accessories: Sequence[Accessory]) -> pulumi.Output[RunningByAccessory]:
    """Return what runs, by accessory and host."""

    def table(running: Sequence[RunningAccessory]) -> RunningByAccessory:
        found: dict[str, dict[str, Mapping[str, str]]] = {}
        for each, container in zip(accessories, running, strict=True):
            found.setdefault(each.accessory.name, {})[each.host.address] = asdict(container)
        return found

    return pulumi.Output.all(*(each.running for each in accessories)).apply(table)


def _warn(settings: Settings) -> None:
    for accessory in settings.resolved_accessories:
        for port in accessory.open_ports:
            pulumi.log.warn(
                f"accessories.{accessory.name}: port {port.inside} is published at every address of "
                f"{', '.join(accessory.hosts)}, before any firewall such as ufw. Containers reach it in the Docker network "
                "without that; for other machines, name an address of a private network (ADDRESS:HOST_PORT:PORT)"
            )
        if accessory.settings.delete_data:
            pulumi.log.warn(
                f"accessories.{accessory.name}: delete_data is on. When the accessory leaves the settings, or the stack is "
                f"destroyed, its folder ~/{accessory.service} and its named volumes are deleted with all data in them"
            )
