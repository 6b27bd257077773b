"""`accessories`: servers beside the app, such as a database, each in a container of its own that a deploy does not replace."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    Field,
    PlainValidator,
    model_validator,
)

from ..secret import Secret
from .docker_options import DockerOptions
from .env import Variables, VariablesSettings
from .hosts import HostName
from .model import SettingsModel
from .mounts import DirectoryMount, FileMount, NamedVolume
from .names import AppName, HostTag, RoleName
from .proxy import ProxySettings
from .published_port import PortNumbers, PublishedPort
from .registry import RegistryLogin, RegistrySettings
from .resolved_role import Certificate
from .role import Cmd, LabelName
from .values import Bool, PositiveSeconds, Seconds, Str, format_value

PLACES = ("host", "hosts", "role", "roles", "tag", "tags")
"""The keys that say where an accessory runs. Exactly one of them is set."""

IMAGE = re.compile(
    r"(?P<name>[A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]+)?(/[a-z0-9._-]+)+|[a-z0-9][a-z0-9._-]*)"
    r"(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(@sha256:[0-9a-f]{64})?"
)

DOCKER_HUB = "docker.io"


def _check_name(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,29}", value):
        raise ValueError(
            "is not a valid name for an accessory; use at most 30 letters, digits, - and _, starting with a letter or digit"
        )
    return value


def _check_image(value: str) -> str:
    found = IMAGE.fullmatch(value)
    if not found:
        raise ValueError(f"must be an image such as redis:7.4 or redis:7.4@sha256:…, not {format_value(value)}")
    if found["name"] == value:
        raise ValueError(f"{format_value(value)} has no tag; name one, such as {value}:7.4, or a digest")
    return value


def _validate_proxy(value: Any) -> ProxySettings | None:
    if value is None:
        return None
    if not isinstance(value, dict | ProxySettings):
        raise ValueError(f"must be a mapping, not {format_value(value)}")
    if "run" in (value if isinstance(value, dict) else value.model_fields_set):
        raise ValueError("has run, which applies to the whole host; set it in the app's proxy.run")
    return ProxySettings.model_validate(value)


AccessoryName = Annotated[str, AfterValidator(_check_name)]
AccessoryProxy = Annotated[
    ProxySettings | None, PlainValidator(_validate_proxy, json_schema_input_type=ProxySettings | None)
]
Image = Annotated[str, AfterValidator(_check_image)]


class AccessorySettings(SettingsModel):
    """A server beside the app. Its container has the same name from deploy to deploy, and its data stays when it goes."""

    image: Image = Field(description="Image with its tag, its digest or both: `redis:7.4`, `redis:7.4@sha256:…`.")
    registry: RegistrySettings | None = Field(
        default=None,
        description="Registry of the image, and the login to it. Default: Docker Hub, or the server in `image`.",
    )
    service: AppName | None = Field(
        default=None,
        description="Name of its container, of its route and of its folder in the SSH user's home directory. "
        "Default: `SERVICE-NAME`.",
    )
    host: HostName | None = Field(
        default=None, description="Host that it runs on. Set one of `host`, `hosts`, `role`, `roles`, `tag` and `tags`."
    )
    hosts: tuple[HostName, ...] = Field(default=(), description="Hosts that it runs on, each with data of its own.")
    role: RoleName | None = Field(default=None, description="Role on whose hosts it runs.")
    roles: tuple[RoleName, ...] = Field(default=(), description="Roles on whose hosts it runs.")
    tag: HostTag | None = Field(default=None, description="Tag of the hosts that it runs on.")
    tags: tuple[HostTag, ...] = Field(default=(), description="Tags of the hosts that it runs on.")
    port: PublishedPort | None = Field(
        default=None,
        description="Port to publish: `5432`, `HOST_PORT:PORT` or `ADDRESS:HOST_PORT:PORT`. Without an address only the host "
        "itself reaches it (127.0.0.1). Containers in the same network need none.",
    )
    cmd: Cmd = Field(default=(), description="Command to run in place of the image's: a string or a list of words.")
    env: Variables = Field(default=VariablesSettings(), description="Environment variables. The app's do not apply.")
    labels: dict[LabelName, Str] = Field(default={}, description="Additional labels of the container.")
    options: DockerOptions = Field(default={}, description="Additional options of `docker run`, such as `memory: 2g`.")
    files: tuple[FileMount, ...] = Field(
        default=(),
        description="Files of the Git repository to mount: `LOCAL:REMOTE`, `LOCAL:REMOTE:ro`, or a mapping with `mode` and "
        "`owner`. `LOCAL` is relative to the Pulumi project's folder. A changed file replaces the container.",
    )
    directories: tuple[DirectoryMount, ...] = Field(
        default=(),
        description="Folders on the host to mount: `LOCAL:REMOTE`, `LOCAL:REMOTE:ro`, or a mapping with `mode` and `owner`. "
        "`LOCAL` is relative to the folder `service` in the SSH user's home directory, or an absolute path.",
    )
    volumes: tuple[NamedVolume, ...] = Field(default=(), description="Docker volumes to mount: `VOLUME:REMOTE`.")
    network: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")] = Field(
        default="kamal", description="Docker network. Apps and kamal-proxy are in the network kamal."
    )
    proxy: AccessoryProxy = Field(
        default=None,
        description="How kamal-proxy routes requests to it: the keys of the app's `proxy`, `ssl` among them, without `run`. The "
        "app's values do not apply. Default: it gets no requests.",
    )
    protect: Bool = Field(
        default=False, description="Have Pulumi refuse to remove the accessory until it is unprotected (`protect`)."
    )
    delete_data: Bool = Field(
        default=False,
        description="Delete its folder and its named volumes when the accessory is removed. Without it they stay.",
    )
    deploy_timeout: PositiveSeconds = Field(
        default=60, description="Seconds that a new container has to become healthy or ready."
    )
    readiness_delay: Seconds = Field(
        default=3,
        description="Seconds that a container with neither proxy nor health check must keep running to count as ready.",
    )
    stop_timeout: Seconds = Field(default=30, description="Seconds that the container has to stop.")

    @model_validator(mode="after")
    def _check_place(self) -> Self:
        given = [key for key in PLACES if getattr(self, key)]
        if len(given) != 1:
            found = f"has {' and '.join(given)}" if given else "has none of them"
            raise ValueError(f"must have one of host, hosts, role, roles, tag and tags; it {found}")
        if self.proxy and self.network != "kamal":
            raise ValueError(f"has a proxy, but kamal-proxy is not in its network {self.network}; leave network out")
        return self

    @property
    def full_image(self) -> str:
        """The image with its registry's server, as Kamal names it."""
        server = self.registry.server if self.registry else DOCKER_HUB
        known = server == DOCKER_HUB or self.image.startswith(f"{server}/")
        return self.image if known else f"{server}/{self.image}"

    def role_names(self) -> tuple[str, ...]:
        """Return the roles on whose hosts it runs."""
        return (self.role,) if self.role else self.roles

    def tag_names(self) -> tuple[str, ...]:
        """Return the tags of the hosts that it runs on."""
        return (self.tag,) if self.tag else self.tags

    def host_names(self) -> tuple[str, ...]:
        """Return the hosts that the settings name."""
        return (self.host,) if self.host else self.hosts


@dataclass(frozen=True)
class ResolvedAccessory:
    """An accessory with everything that applies to it.

    Attributes:
        name: Its name in the settings.
        service: The name of its container, its route and its folder.
        hosts: Where it runs.
        image: Its image with the registry's server.
        login: The login to the image's registry, None for none.
        secret_env: The variables whose values are secret.
        options: Options of `docker run`, with those that follow from the app's `logging`.
        certificate: Its own TLS certificate, None for none, or for one from Let's Encrypt.
        settings: All the rest.
    """

    name: str
    service: str
    hosts: tuple[str, ...]
    image: str
    login: "AccessoryLogin | None"
    secret_env: Mapping[str, Secret]
    options: Mapping[str, tuple[str, ...]]
    certificate: Certificate | None
    settings: AccessorySettings

    @property
    def open_ports(self) -> list[PortNumbers]:
        """The ports that it publishes at every address of its hosts."""
        published = [*([self.settings.port] if self.settings.port else []), *self.options.get("publish", ())]
        return [port for port in map(PortNumbers.parse, published) if port and port.is_open]


@dataclass(frozen=True)
class AccessoryLogin:
    """The login to the registry of an accessory's image."""

    server: str
    login: RegistryLogin
