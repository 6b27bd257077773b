"""A role on a host: its secrets, and the container that the settings make of it."""

from collections.abc import Iterable, Mapping

import pulumi

from .certificate_step import certificate_hash, certificate_input
from .command import RemoteCommand, remote_command
from .host import Host
from .host_tool import spec
from .host_tool.json_codec import to_fields
from .image import AppImage
from .inspection import RoleReasons
from .naming import NETWORK
from .proxy import route_spec
from .resource_options import child_of
from .secrets_step import secrets_hash, secrets_input
from .settings import Certificate, ResolvedRole, Settings
from .settings.docker_options import with_bounded_log


class RoleDeployment(pulumi.ComponentResource):
    """One role on one host. Its candidate and its switch are children of it: see `candidate.py` and `switch.py`.

    Attributes:
        secrets_hash: The name under which the host keeps the role's secret values, "-" for none.
        certificate: The name under which the host keeps the role's own TLS certificate; None for none.
        before_pull: The step that leaves the secrets and the registry's login on the host, if there is one.
    """

    secrets_hash: pulumi.Input[str]
    certificate: pulumi.Output[str] | None
    before_pull: list[RemoteCommand]

    def __init__(
        self,
        name: str,
        host: Host,
        role: ResolvedRole,
        settings: Settings,
        image: AppImage,
        error_pages: Mapping[str, str],
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
            error_pages: kamal-proxy's error pages: name to text.
            opts: Options of the component.
        """
        role = role.on(host.address)
        # What a preview shows of the role as a whole: what of it changes, even without --diff.
        inputs = {
            "version": image.version,
            "cmd": list(role.cmd),
            "env": dict(role.env),
            "env_secret": sorted(role.secret_env),
            "labels": dict(role.labels),
            "options": {option: list(values) for option, values in role.options.items()},
            "proxy": to_fields(route_spec(role.proxy)) if role.proxy else {},
            **({"asset_path": list(role.asset_path)} if role.asset_path else {}),
            **({"maintenance": settings.maintenance} if settings.maintenance and role.proxy else {}),
        }
        super().__init__("kamal:index:Role", name, inputs, opts)
        self.resource_name = name
        self.host = host
        self.role = role
        self.settings = settings
        self.image = image
        self.error_pages = error_pages
        command = self._keep_secrets()
        self.before_pull = [command] if command else []
        self.secrets_hash = secrets_hash(command, role.secret_env)
        self.certificate = self._keep_certificate(role.certificate) if role.certificate else None

    @property
    def _reasons(self) -> RoleReasons:
        return self.host.inspection.of(self.host.address).roles.get(self.role.name, RoleReasons())

    def reason(self, step: str, reason: str | None = None) -> str:
        """Return why a step has to run again, "" for no reason: by default why the release has to be made right."""
        return self.host.reason(f"{self.role.name}-{step}", self._reasons.release if reason is None else reason)

    def child(self, step: str, *depends_on: pulumi.Resource) -> pulumi.ResourceOptions:
        """Return the options of a step of this role, which waits for the host to be prepared and for `depends_on`."""
        return self._options(self, step, depends_on)

    def _options(
        self, parent: pulumi.Resource, step: str, depends_on: Iterable[pulumi.Resource] = ()
    ) -> pulumi.ResourceOptions:
        formerly = "kamal:index:Release$kamal:index:Role$command:remote:Command"
        return child_of(
            parent,
            depends_on=[self.host.prepare, *depends_on],
            formerly=f"{formerly}::{self.host.address}-{self.role.name}-{step}",
        )

    @property
    def container_spec(self) -> pulumi.Output[spec.ContainerSpec]:
        """All that makes the role's container, except the digest and the secrets, which are known later."""
        return self.image.version.apply(self._container_spec)

    def _container_spec(self, version: str) -> spec.ContainerSpec:
        settings, role = self.settings, self.role
        return spec.ContainerSpec(
            service=settings.service,
            role=role.name,
            destination=settings.destination,
            host=self.host.address,
            version=version,
            network=NETWORK,
            cmd=role.cmd,
            env=dict(role.env),
            labels=dict(role.labels),
            options=with_bounded_log(role.options),
            asset_path=role.asset_path or None,
        )

    def _keep_certificate(self, certificate: Certificate) -> pulumi.Output[str]:
        """Declare the step that leaves the role's own TLS certificate on the host, and return its name there.

        It is a step of its own, so that another certificate makes no other container, and a preview says so.
        """
        command = remote_command(
            f"{self.resource_name}-certificate",
            self.host.connection,
            create=self.host.tool.call("certificate", self.role.name),
            stdin=certificate_input(certificate),
            reason=self.reason("certificate", self._reasons.certificate),
            opts=self._options(self.host, "certificate"),
        )
        return certificate_hash(command)

    def _keep_secrets(self) -> RemoteCommand | None:
        """Declare the step that leaves the role's secrets and the registry's login on the host, if there are any."""
        told = secrets_input(self.role.secret_env, self.settings.registry.server, self.settings.registry_login)
        if told is None:
            return None
        return remote_command(
            f"{self.resource_name}-secrets",
            self.host.connection,
            create=self.host.tool.call("secrets", self.role.name),
            stdin=told,
            reason=self.reason("secrets", self._reasons.secrets),
            # Not a child of this component: that has the version, and would have the secrets wait for the push.
            opts=self._options(self.host, "secrets"),
        )
