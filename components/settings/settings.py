"""The settings as a whole: one key of the Pulumi config each, and what follows from several of them."""

import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, field_validator

from ..source.version import is_version
from .boot import Boot
from .builder import Builder
from .environment import Environment
from .hooks import Hooks
from .proxy import Proxy
from .registry import Registry
from .release_task import ReleaseTask
from .section import NAME, Count, Seconds, Section, shown, text, without_nul
from .servers import Servers
from .ssh import Ssh

IMAGE = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*")


def _name(value: str) -> str:
    if not NAME.fullmatch(value) or len(value) > 40:
        raise ValueError(
            f"should be letters, digits, - and _ (40 at most, a letter or digit in front), found {shown(value)}"
        )
    return value


def _destination(value: str) -> str:
    return "" if value == "none" else _name(value)


def _role_name(value: str) -> str:
    if not NAME.fullmatch(value) or len(value) > 30:
        raise ValueError("is no name of a role: letters, digits, - and _ (30 at most, a letter or digit in front)")
    return value


def _image(value: str) -> str:
    if "@" in value:
        raise ValueError(f"should have no digest, found {shown(value)}: the deploy finds it out")
    if ":" in value.rpartition("/")[2]:
        raise ValueError(f"should have no tag, found {shown(value)}: the tag is the version")
    if ":" in value or "." in value.partition("/")[0]:
        raise ValueError(
            f"should be the repository without its server, found {shown(value)}: put that in registry.server"
        )
    if not IMAGE.fullmatch(value):
        raise ValueError(f"should be a repository in lower case, as acme/shop, found {shown(value)}")
    return value


def _tag(value: str) -> str:
    if not is_version(value):
        raise ValueError(f"should be a tag: letters, digits, _ . - (128 at most), found {shown(value)}")
    return value


def _secret_text(value: Any) -> Any:
    """A secret's text. What is found is no part of a fault."""
    if isinstance(value, SecretStr):
        return value
    given = text(value)
    if not isinstance(given, str):
        raise ValueError("should be a text")
    return without_nul(given)


def _by_role(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return {"web": value}
    if not isinstance(value, dict):
        raise ValueError(f"should be a list of hosts, or a map of roles, found {shown(value)}")
    return value


RoleName = Annotated[str, AfterValidator(_role_name)]
SecretText = Annotated[SecretStr, BeforeValidator(_secret_text)]


@dataclass(frozen=True)
class Role:
    """A role with all that the app's settings say of it.

    :ivar env_secret: variable → key of `secrets`.
    :ivar proxy: None for a role that gets no requests.
    :ivar stop_timeout: seconds.
    """

    name: str
    hosts: tuple[str, ...]
    cmd: tuple[str, ...]
    env: dict[str, str]
    env_secret: dict[str, str]
    labels: dict[str, str]
    options: dict[str, tuple[str, ...]]
    proxy: Proxy | None
    strategy: str
    stop_timeout: int


class Settings(Section):
    """Everything that a stack sets."""

    service: Annotated[str, AfterValidator(_name)] = Field(description="The app's name: it begins all its names.")
    image: Annotated[str, AfterValidator(_image)] = Field(
        description="The repository of the image, without server and tag: acme/shop."
    )
    destination: Annotated[str, AfterValidator(_destination)] = Field(
        "", description="What is deployed to: production, staging … By default the stack's name; `none` for none."
    )
    source: Literal["commit", "strict", "worktree"] = Field(
        "commit",
        description="What is built when the working tree has uncommitted changes: the `commit` without them, "
        "nothing (`strict`), or the `worktree` as it is.",
    )
    version: Annotated[str, AfterValidator(_tag)] | None = Field(
        None, description="A version that is in the registry: it is deployed, and nothing is built. For a rollback."
    )
    servers: Annotated[dict[RoleName, Servers], BeforeValidator(_by_role)] = Field(
        description="A list of hosts, or roles with their hosts and what is special about them."
    )
    primary_role: str = Field("web", description="The role that is behind the proxy unless it says otherwise.")
    registry: Registry = Field(Registry(), description="Where the image is pushed to and pulled from.")
    builder: Builder = Field(Builder(), description="How the image is built.")
    ssh: Ssh = Field(Ssh(), description="How the hosts are reached.")
    proxy: Proxy = Field(Proxy(), description="kamal-proxy and what it does with requests.")
    env: Environment = Field(Environment(), description="The environment of the containers.")
    secrets: dict[str, SecretText] = Field(
        {}, description="Secret values by name, each set with `pulumi config set --secret --path secrets.NAME`."
    )
    boot: Boot = Field(Boot(), description="How many hosts switch at a time.")
    hooks: Hooks = Field(Hooks(), description="The user's own steps.")
    release_task: ReleaseTask | None = Field(
        None, description="A command that runs once a version before any host switches: migrations."
    )
    retain_containers: Count = Field(5, description="Stopped containers that each role keeps on a host for rollbacks.")
    deploy_timeout: Seconds = Field(30, ge=1, description="Seconds that a new container has to become healthy.")
    drain_timeout: Seconds = Field(30, description="Seconds that open requests have to end after the switch.")
    readiness_delay: Seconds = Field(
        7, description="Seconds that a container without proxy and health check has to run to count as ready."
    )
    stop_timeout: Seconds | None = Field(
        None, description="Seconds that a container has to stop; by default 10, without proxy `drain_timeout`."
    )

    @field_validator("servers")
    @classmethod
    def _some_role(cls, value: dict[str, Servers]) -> dict[str, Servers]:
        if not value:
            raise ValueError("is empty: name at least one host")
        return value

    # What follows from several keys.

    @property
    def repository(self) -> str:
        """`server/image`."""
        return f"{self.registry.server}/{self.image}"

    def primary(self) -> str:
        """The name of the primary role: `primary_role`, or the only role that there is."""
        return next(iter(self.servers)) if len(self.servers) == 1 else self.primary_role

    def roles(self) -> tuple[Role, ...]:
        """All roles, the primary one first, then by name."""
        names = sorted(self.servers, key=lambda name: (name != self.primary(), name))
        return tuple(self._role(name, self.servers[name]) for name in names)

    def _role(self, name: str, servers: Servers) -> Role:
        env = self.env.merged(servers.env)
        proxy = self.role_proxy(name)
        stop_timeout = next(
            (given for given in (servers.stop_timeout, self.stop_timeout) if given is not None),
            10 if proxy else self.drain_timeout,
        )
        return Role(
            name=name,
            hosts=servers.hosts,
            cmd=servers.cmd,
            env=env.clear,
            env_secret=env.secret,
            labels=servers.labels,
            options=servers.options,
            proxy=proxy,
            strategy=servers.strategy,
            stop_timeout=stop_timeout,
        )

    def role_proxy(self, name: str) -> Proxy | None:
        """The proxy settings of role `name`; None if it gets no requests.

        :raises pydantic.ValidationError: when the role's own proxy settings have faults.
        """
        given = self.servers[name].proxy
        if given is False or (given is None and name != self.primary()):
            return None
        if not isinstance(given, dict):
            return self.proxy
        own = dict(given)
        base = self.proxy.model_dump(exclude_unset=True)
        if own.keys() & {"host", "hosts"}:
            base = {key: value for key, value in base.items() if key not in ("host", "hosts")}
        return Proxy.model_validate(_over(base, own))

    def hosts(self) -> tuple[str, ...]:
        """Every host once, those of the primary role first."""
        return tuple(dict.fromkeys(host for role in self.roles() for host in role.hosts))

    def boot_groups(self) -> tuple[tuple[str, ...], ...]:
        """The hosts in the groups that switch together."""
        return self.boot.groups(self.hosts())

    def secret(self, name: str) -> str:
        """The secret `name` in clear."""
        return self.secrets[name].get_secret_value()

    def secret_values(self) -> dict[str, str]:
        """All secrets in clear."""
        return {name: self.secret(name) for name in self.secrets}

    def registry_login(self) -> tuple[str, str] | None:
        """User and password of the registry in clear; None where nobody logs in."""
        username, password = self.registry.username, self.registry.password
        if username is None or password is None:
            return None
        return (username if isinstance(username, str) else self.secret(username[0])), self.secret(password)


def _over(base: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """`own` over `base`, map by map."""
    merged = dict(base)
    for key, value in own.items():
        below = merged.get(key)
        merged[key] = _over(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return merged
