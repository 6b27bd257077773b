"""What a host remembers of an app, as the files under ~/.kamal hold it. A release is known by the hash of all that makes it."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..identity import RoleIdentity
from ..spec import ContainerSpec


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

    @property
    def identity(self) -> RoleIdentity:
        """The role's names."""
        return RoleIdentity(self.service, self.role, self.destination)


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
