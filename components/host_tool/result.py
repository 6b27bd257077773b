"""What the steps print: the host writes these objects to standard output, and the deployer reads them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional


@dataclass(frozen=True)
class Prepared:
    """The output of `prepare`: Docker's version, and kamal-proxy's image where a role gets requests."""

    docker: str
    proxy: Optional[str] = None


@dataclass(frozen=True)
class KeptSecrets:
    """The output of `secrets`.

    Attributes:
        secrets_hash: A keyed hash of the values. It changes when a value does, and tells nothing about it.
    """

    secrets_hash: str


@dataclass(frozen=True)
class StartedCandidate:
    """The output of `candidate`.

    Attributes:
        release: The release that the container is of.
        previous: The release that the switch comes from: that of an interrupted switch, else the current one, else "none".
    """

    release: str
    previous: str


@dataclass(frozen=True)
class Running:
    """The output of `switch`: what runs, as Docker says.

    Attributes:
        container: The container's name.
        container_id: Its id.
        version: Its version label.
        digest: The digest of its image.
        release: Its release label.
        since: When it was started, in UTC: 2026-01-31T12:00:00Z.
        previous: The version that ran before, "" for the first.
    """

    container: str
    container_id: str
    version: str
    digest: str
    release: str
    since: str
    previous: str


@dataclass(frozen=True)
class RoleInspection:
    """A role on this host.

    Attributes:
        state: Docker's word for the state of its container, "absent" where it has none.
        running: What its container is.
    """

    state: str
    running: Optional[Running] = None


@dataclass(frozen=True)
class Inspection:
    """The output of `inspect`: the roles of the app by name."""

    roles: dict[str, RoleInspection]
