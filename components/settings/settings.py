"""All settings of a stack, and what follows from several of them."""

import re
from collections.abc import Collection, Mapping
from functools import cached_property
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BeforeValidator, Field, field_validator

from ..errors import SettingsError
from ..secret import Secret
from ..source import SourcePolicy
from .accessory import PLACES, AccessoryLogin, AccessoryName, AccessorySettings, ResolvedAccessory
from .assets import AssetPath
from .boot import BootGroup, BootSettings
from .builder import BuilderSettings
from .docker_options import with_bounded_log
from .env import Env, EnvSettings
from .hooks import HooksSettings
from .hosts import HostName
from .logging import LoggingSettings
from .maintenance import Maintenance
from .model import SettingsModel
from .names import AppName, PinnedVersionName, check_name
from .proxy import ProxySettings
from .registry import RegistryLogin, RegistrySettings
from .release_task import ReleaseTaskSettings
from .resolved_role import Certificate, ResolvedRole
from .role import LabelName, RoleSettings, RolesOrHosts
from .ssh import SshSettings
from .values import Bool, PositiveInt, PositiveSeconds, Seconds, Str, coerce_str, format_value, refuse_nul
from .volumes import Volume

IMAGE = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*")

DEFAULT_PRIMARY_ROLE = "web"

# Seconds that a container behind the proxy has to stop: its requests have ended by then.
PROXIED_STOP_TIMEOUT = 10


def _check_destination(value: str) -> str:
    return "" if value in ("", "none") else check_name(value)


def _check_image(value: str) -> str:
    found = format_value(value)
    if "@" in value:
        raise ValueError(f"{found} must not contain a digest; the deploy looks it up")
    if ":" in value.rpartition("/")[2]:
        raise ValueError(f"{found} must not contain a tag; the deployed version becomes the tag")
    if ":" in value or "." in value.partition("/")[0]:
        raise ValueError(f"{found} must not contain the server; set it in registry.server")
    if not IMAGE.fullmatch(value):
        raise ValueError(f"{found} is not a valid repository; it must be in lower case, such as acme/shop")
    return value


def _validate_secret(value: Any) -> Any:
    # No message shows what is found.
    if isinstance(value, Secret):
        return value
    text = coerce_str(value)
    if not isinstance(text, str):
        raise ValueError("must be a string")
    return refuse_nul(text)


class Settings(SettingsModel):
    """All settings of a stack."""

    service: AppName = Field(description="App name; prefix of its containers, routes and folders.")
    image: Annotated[str, AfterValidator(_check_image)] = Field(
        description="Image repository without server and tag, such as `acme/shop`."
    )
    destination: Annotated[str, AfterValidator(_check_destination)] = Field(
        default="",
        description="Deploy target, such as production or staging. Default: the stack's name; `none` for none.",
    )
    require_destination: Bool = Field(
        default=False,
        description="Refuse `destination: none`. Every stack has a destination otherwise: the stack's name.",
    )
    source: SourcePolicy = Field(
        default=SourcePolicy.COMMIT,
        description="What to build when there are uncommitted changes: `commit` builds the last commit without them, "
        "`strict` refuses to deploy, `worktree` builds the files as they are.",
    )
    version: PinnedVersionName | None = Field(
        default=None,
        description="Version to deploy without building it, such as for a rollback. Its digest is the one that the hosts "
        "have run, or else the registry's; `version@sha256:…` pins the digest, too.",
    )
    servers: RolesOrHosts = Field(description="Hosts as a list, or roles with their hosts and settings.")
    accessories: dict[AccessoryName, AccessorySettings] = Field(
        default={}, description="Servers beside the app, such as a database: docs/accessories.md."
    )
    skip_hosts: tuple[HostName, ...] = Field(
        default=(),
        description="Hosts to leave out of this deploy, such as one that is down. What runs on them stays as it is.",
    )
    inspect: Bool = Field(
        default=True,
        description="Look at every host at the start of a preview or an update, to find what has changed there since the "
        "last deploy.",
    )
    take_over: Bool = Field(
        default=False,
        description="Take over an app or a route that another stack has deployed on these hosts.",
    )
    docker_install: Bool = Field(
        default=False,
        description="Install Docker on a host that has none: the package `docker.io` of Debian or Ubuntu, as root or with sudo.",
    )
    primary_role: str = Field(
        default=DEFAULT_PRIMARY_ROLE,
        description="Role that gets requests by default, and whose first host is the primary host. "
        "If there is only one role, it is that one.",
    )
    allow_empty_roles: Bool = Field(
        default=False,
        description="Allow roles without hosts, which are left out. The primary role needs a host all the same.",
    )
    registry: RegistrySettings = Field(
        default=RegistrySettings(), description="Registry to push the image to and pull it from."
    )
    builder: BuilderSettings = Field(default=BuilderSettings(), description="How to build the image.")
    ssh: SshSettings = Field(default=SshSettings(), description="How to connect to the hosts.")
    proxy: ProxySettings = Field(default=ProxySettings(), description="How kamal-proxy routes requests to the app.")
    error_pages_path: str | None = Field(
        default=None,
        description="Folder with kamal-proxy's error pages (`503.html` and the like), relative to the Pulumi project's folder. "
        "They are those of the deployed version, as Git has them.",
    )
    maintenance: Maintenance = Field(
        default=False,
        description="Have kamal-proxy answer all requests with 503: true, or a message for the error page. The containers go on "
        "running.",
    )
    env: Env = Field(default=EnvSettings(), description="Environment variables of the containers.")
    labels: dict[LabelName, Str] = Field(default={}, description="Additional labels of the containers of every role.")
    volumes: tuple[Volume, ...] = Field(
        default=(),
        description="Volumes of the containers of every role: `NAME:/path` or `/path/on/the/host:/path`, with or without "
        "`:ro`.",
    )
    asset_path: AssetPath = Field(
        default=(),
        description="Folder of the image, or a list of them, whose files the old and the new version serve for each other, "
        "such as `/app/public/assets:ro`. For the roles that get requests.",
    )
    logging: LoggingSettings = Field(
        default=LoggingSettings(), description="Log driver of the containers, and its options."
    )
    secrets: dict[str, Annotated[Secret, BeforeValidator(_validate_secret)]] = Field(
        default={},
        description="Secrets by name. Set each with `pulumi config set --secret --path 'deploy:secrets.NAME'`.",
    )
    boot: BootSettings = Field(default=BootSettings(), description="How many hosts switch at a time.")
    hooks: HooksSettings = Field(default=HooksSettings(), description="Your own scripts, run at points of the deploy.")
    release_task: ReleaseTaskSettings | None = Field(
        default=None,
        description="Command to run once for each version before any host switches, such as a database migration.",
    )
    retain_containers: PositiveInt = Field(
        default=5, description="Number of stopped containers that each role keeps on a host for rollbacks."
    )
    deploy_timeout: PositiveSeconds = Field(
        default=30, description="Seconds that a new container has to become healthy."
    )
    drain_timeout: Seconds = Field(
        default=30, description="Seconds that open requests have to finish after the switch."
    )
    readiness_delay: Seconds = Field(
        default=7,
        description="Seconds that a container with neither proxy nor health check must keep running to count as ready.",
    )
    stop_timeout: Seconds | None = Field(
        default=None,
        description="Seconds that a container has to stop. Default: 10 behind the proxy, `drain_timeout` without it.",
    )

    @field_validator("servers")
    @classmethod
    def _check_not_empty(cls, value: dict[str, RoleSettings]) -> dict[str, RoleSettings]:
        if not value:
            raise ValueError("is empty; name at least one host")
        return value

    @property
    def primary_role_name(self) -> str:
        """The primary role: the only one, or the one that `primary_role` names."""
        return next(iter(self.servers)) if len(self.servers) == 1 else self.primary_role

    @property
    def repository(self) -> str:
        """The image repository with its server: `docker.io/acme/shop`."""
        return f"{self.registry.server}/{self.image}"

    @cached_property
    def roles(self) -> tuple[ResolvedRole, ...]:
        """The roles, the primary one first, then by name.

        Raises:
            SettingsError: A secret that a role needs is not set.
        """
        return tuple(self._resolve_role(name, self.servers[name]) for name in self._role_names())

    @cached_property
    def role_proxies(self) -> Mapping[str, ProxySettings | None]:
        """How kamal-proxy routes requests to each role; None for a role that gets no requests."""
        return {name: self._resolve_proxy(name, role.proxy) for name, role in self.servers.items()}

    @cached_property
    def app_hosts(self) -> tuple[str, ...]:
        """The hosts of the roles, each once, those of the primary role first."""
        return tuple(dict.fromkeys(host for name in self._role_names() for host in self.servers[name].hosts))

    @cached_property
    def hosts(self) -> tuple[str, ...]:
        """All hosts, each once: those of the roles, then those that only have accessories."""
        others = (host for name in sorted(self.accessories) for host in self.accessory_hosts(name))
        return tuple(dict.fromkeys((*self.app_hosts, *others)))

    @cached_property
    def resolved_accessories(self) -> tuple[ResolvedAccessory, ...]:
        """The accessories, by name.

        Raises:
            SettingsError: A secret that an accessory needs is not set.
        """
        return tuple(self._resolve_accessory(name) for name in sorted(self.accessories))

    @cached_property
    def boot_groups(self) -> tuple[BootGroup, ...]:
        """The hosts in groups that switch together."""
        return self.boot.groups(self.app_hosts)

    @cached_property
    def registry_login(self) -> RegistryLogin | None:
        """The login to the registry, or None for no login.

        Raises:
            SettingsError: A secret of the login is not set.
        """
        return self._login(self.registry)

    @property
    def maintenance_message(self) -> str | None:
        """The message of the maintenance, "" for one without; None for no maintenance."""
        if isinstance(self.maintenance, str):
            return self.maintenance
        return "" if self.maintenance else None

    def roles_on(self, host: str) -> tuple[ResolvedRole, ...]:
        """Return the roles of a host."""
        return tuple(role for role in self.roles if host in role.hosts)

    def asset_paths(self, role: str) -> tuple[str, ...]:
        """Return the asset paths of a role: its own, or those of the app where it gets requests."""
        own = self.servers[role].asset_path
        inherited = self.asset_path if self.role_proxies[role] else ()
        return inherited if own is None else own

    def accessories_on(self, host: str) -> tuple[ResolvedAccessory, ...]:
        """Return the accessories of a host."""
        return tuple(accessory for accessory in self.resolved_accessories if host in accessory.hosts)

    def needs_proxy(self, host: str) -> bool:
        """Return whether anything on a host gets requests."""
        return any(role.proxy for role in self.roles_on(host)) or any(
            accessory.settings.proxy for accessory in self.accessories_on(host)
        )

    def accessory_hosts(self, name: str) -> tuple[str, ...]:
        """Return the hosts of an accessory, each once. A role or a tag that nobody has stands for none."""
        accessory = self.accessories[name]
        of_roles = [self.servers[role].hosts for role in accessory.role_names() if role in self.servers]
        of_tags = [
            host
            for tag in accessory.tag_names()
            for role in self._role_names()
            for host in self.servers[role].hosts
            if tag in self.servers[role].tags.get(host, ())
        ]
        return tuple(
            dict.fromkeys((*accessory.host_names(), *(host for hosts in of_roles for host in hosts), *of_tags))
        )

    def accessory_service(self, name: str) -> str:
        """Return the name of an accessory's container."""
        return self.accessories[name].service or f"{self.service}-{name}"

    def without_hosts(self, skipped: Collection[str]) -> Self:
        """Return the settings without some hosts, and without the roles and accessories that have no other host."""
        roles = {
            name: role.model_copy(update={"hosts": tuple(host for host in role.hosts if host not in skipped)})
            for name, role in self.servers.items()
        }
        places: dict[str, Any] = dict.fromkeys(PLACES, ()) | {"host": None, "role": None, "tag": None}
        hosts = {
            name: tuple(host for host in self.accessory_hosts(name) if host not in skipped) for name in self.accessories
        }
        accessories = {
            name: accessory.model_copy(update={**places, "hosts": hosts[name]})
            for name, accessory in self.accessories.items()
            if hosts[name]
        }
        return self.model_copy(
            update={"servers": {name: role for name, role in roles.items() if role.hosts}, "accessories": accessories}
        )

    def secret(self, name: str) -> Secret:
        """Return a secret by its name.

        Raises:
            SettingsError: The secret is not set.
        """
        try:
            return self.secrets[name]
        except KeyError:
            raise SettingsError(f"secrets.{name}: is required") from None

    def __copy__(self) -> Self:
        """Copy the fields without the cached properties, which may not hold after `model_copy(update=…)`."""
        copied = super().__copy__()
        for name in copied.__dict__.keys() - type(self).model_fields:
            del copied.__dict__[name]
        return copied

    def _role_names(self) -> list[str]:
        return sorted(self.servers, key=lambda name: (name != self.primary_role_name, name))

    def _resolve_proxy(self, name: str, own: bool | ProxySettings | None) -> ProxySettings | None:
        if isinstance(own, ProxySettings):
            return self.proxy.merged(own)
        enabled = name == self.primary_role_name if own is None else own
        return self.proxy if enabled else None

    def _certificate(self, proxy: ProxySettings | None) -> Certificate | None:
        # Below a path kamal-proxy has the certificate of what is above it.
        if not proxy or isinstance(proxy.ssl, bool) or "/" not in proxy.all_paths():
            return None
        return Certificate(self.secret(proxy.ssl.certificate_pem[0]), self.secret(proxy.ssl.private_key_pem[0]))

    def _resolve_role(self, name: str, role: RoleSettings) -> ResolvedRole:
        clear, secret = role.env.over(self.env.clear, self.env.secret_names())
        proxy = self.role_proxies[name]
        default_stop_timeout = PROXIED_STOP_TIMEOUT if proxy else self.drain_timeout
        timeouts = (role.stop_timeout, self.stop_timeout, default_stop_timeout)
        return ResolvedRole(
            name=name,
            hosts=role.hosts,
            cmd=role.cmd,
            env=clear,
            secret_env=self._secret_values(secret),
            tagged_env={host: self._tagged_env(tags, clear, secret) for host, tags in role.tags.items()},
            labels={**self.labels, **role.labels},
            options=self._docker_options(role),
            asset_path=self.asset_paths(name),
            proxy=proxy,
            certificate=self._certificate(proxy),
            strategy=role.strategy,
            stop_timeout=next(timeout for timeout in timeouts if timeout is not None),
        )

    def _docker_options(self, role: RoleSettings) -> dict[str, tuple[str, ...]]:
        """Return the role's options of `docker run`, those that follow from `volumes` and `logging` included."""
        volumes = (*self.volumes, *role.volumes, *role.options.get("volume", ()))
        return {
            **role.options,
            **({"volume": volumes} if volumes else {}),
            **dict(self.logging.merged(role.logging).docker_options()),
        }

    def _tagged_env(
        self, tags: tuple[str, ...], clear: Mapping[str, str], secret: Mapping[str, str]
    ) -> tuple[Mapping[str, str], Mapping[str, Secret]]:
        """Return the variables of a role on a host with tags, clear and secret: those of each tag over the ones before."""
        for tag in tags:
            if tag in self.env.tags:
                clear, secret = self.env.tags[tag].over(clear, secret)
        return clear, self._secret_values(secret)

    def _secret_values(self, names: Mapping[str, str]) -> dict[str, Secret]:
        return {variable: self.secret(name) for variable, name in names.items()}

    def _login(self, registry: RegistrySettings) -> RegistryLogin | None:
        username, password = registry.username, registry.password
        if username is None or password is None:
            return None
        return RegistryLogin(
            username=Secret(username) if isinstance(username, str) else self.secret(username[0]),
            password=self.secret(password[0]),
        )

    def _resolve_accessory(self, name: str) -> ResolvedAccessory:
        accessory = self.accessories[name]
        # Without a registry of its own it may be in the app's.
        registry = accessory.registry or self.registry
        is_there = bool(accessory.registry) or accessory.full_image.startswith(f"{registry.server}/")
        login = self._login(registry) if is_there else None
        return ResolvedAccessory(
            name=name,
            service=self.accessory_service(name),
            hosts=self.accessory_hosts(name),
            image=accessory.full_image,
            login=AccessoryLogin(registry.server, login) if login else None,
            secret_env=self._secret_values(accessory.env.secret_names()),
            options=with_bounded_log({**accessory.options, **dict(self.logging.docker_options())}),
            certificate=self._certificate(accessory.proxy),
            settings=accessory,
        )
