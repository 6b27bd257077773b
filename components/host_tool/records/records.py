"""What a host remembers of an app, as the files under ~/.kamal hold it. A release is known by the hash of all that makes it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Optional

from ..identity import RoleIdentity
from ..owner import Owner
from ..spec import AccessoryContainerSpec, ContainerSpec, RouteSpec


@dataclass(frozen=True)
class ReleaseRecord:
    """All from which a release's container can be made again.

    Attributes:
        container: What it is made of.
        image: repository:version@sha256:….
        secrets_hash: The name of its secrets, "-" for none.
        switched: Whether it has ever been switched to. Until then it is a candidate.
    """

    container: ContainerSpec
    image: str
    secrets_hash: str
    switched: bool = False


@dataclass(frozen=True)
class RoleRecord:
    """What this host knows of a role.

    Attributes:
        service, role, destination: Who it is.
        host: The host as the settings spell it.
        current: The release that was switched to last.
        previous: The one before.
        switching: The release of a switch that was begun, and of which nobody knows yet how it ended.
        routed: Whether kamal-proxy may have a route to it.
        stop_timeout: How long its containers have between TERM and KILL, in seconds.
        tool: The host tool that has last released it: while a role has another one, the state may still call that.
        route: The name of its route in kamal-proxy where that is not the usual one: a role that was renamed has taken
            over the route of the former one.
        files: The names of the sets of files that kamal-proxy may have for its route.
    """

    service: str
    role: str
    destination: str
    host: str
    current: str = ""
    previous: str = ""
    switching: str = ""
    routed: bool = True
    stop_timeout: int = 10
    tool: str = ""
    route: str = ""
    files: tuple[str, ...] = ()

    @property
    def identity(self) -> RoleIdentity:
        """The role's names."""
        return RoleIdentity(self.service, self.role, self.destination)

    @property
    def route_name(self) -> str:
        """The name of its route in kamal-proxy."""
        return self.route or self.identity.prefix


@dataclass(frozen=True)
class AppRecord:
    """Whose an app is, as its last `prepare` was told.

    Attributes:
        service, destination: The app.
        owner: The deploy that it belongs to.
        roles: The roles that the deploy wants on this host. Another role that is here is leaving.
        take_over: Whether the deploy may take over routes of other owners.
        resource: What holds the app: the URN of the host's component in the stack. While it is set, no teardown takes one
            of `roles` or `accessories` down; "" once that resource has let go of the app.
        accessories: The accessories that the deploy wants on this host, each with the name of its container.
    """

    service: str
    destination: str
    owner: Owner
    roles: tuple[str, ...]
    take_over: bool = False
    resource: str = ""
    accessories: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class AccessoryRecord:
    """What this host knows of an accessory.

    Attributes:
        service: The name of its container, its route and its folder.
        host: The host as the settings spell it.
        stop_timeout: How long it has between TERM and KILL, in seconds.
        release: The hash of all that makes its container; "" until the first one was ready.
        container: What the container of that release is made of.
        proxy: How requests are routed to it, None where it gets none.
        drain_timeout: How long open requests have to finish, None where it gets none.
        pulled: The image that was pulled for it, "" where that was here already.
        tool: The host tool that has last run it.
        certificate: The name of its own TLS certificate, which its route has; "" for none.
    """

    service: str
    host: str
    stop_timeout: int
    release: str = ""
    container: Optional[AccessoryContainerSpec] = None
    proxy: Optional[RouteSpec] = None
    drain_timeout: Optional[int] = None
    pulled: str = ""
    tool: str = ""
    certificate: str = ""

    @property
    def replaced(self) -> str:
        """The name of the old container while a new one takes over."""
        return f"{self.service}-replaced"


@dataclass(frozen=True)
class HostRecord:
    """What `prepare` was told, and what it found out.

    Attributes:
        network: The Docker network that apps and kamal-proxy share.
        docker_root: Where Docker keeps its data.
    """

    network: str
    docker_root: str


@dataclass(frozen=True)
class Versions:
    """The versions that the app has run on this host, with their digests; the one that was switched to last is last."""

    digests: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class TaskRecord:
    """A release task that has ended well: its command."""

    cmd: tuple[str, ...]
