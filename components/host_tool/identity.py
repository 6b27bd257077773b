"""Who a role is on a host, and the names that follow from it: Kamal's, so that either can take over from the other."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from .errors import StepError
from .json_codec import to_json
from .spec import ContainerSpec


@dataclass(frozen=True)
class RoleIdentity:
    """A role of an app."""

    service: str
    role: str
    destination: str

    @property
    def prefix(self) -> str:
        """The beginning of its containers' names, and the name of its route in kamal-proxy: service-role-destination."""
        return "-".join(part for part in (self.service, self.role, self.destination) if part)


def role_identity(container: ContainerSpec) -> RoleIdentity:
    """Return the role that a container is of."""
    return RoleIdentity(container.service, container.role, container.destination)


def release_id(container: ContainerSpec, image: str, secrets_hash: str) -> str:
    """Name a release by a hash of everything that makes its container: 16 hex digits."""
    text = f"{to_json(container)} {digest_of(image)} {secrets_hash}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def container_name(container: ContainerSpec, release: str) -> str:
    """Name the container of a release, as Kamal does, with the release at the end: a version can have several."""
    return f"{role_identity(container).prefix}-{container.version}-{release[:8]}"


def digest_of(image: str) -> str:
    """Return the digest in a reference repository:version@sha256:…, "" if it has none."""
    return image.partition("@")[2]


def check_name(what: str, value: str) -> str:
    """Return a word that becomes part of paths and names.

    Raises:
        StepError: It is not a valid name.
    """
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", value):
        raise StepError(
            f'{what} "{value}" is not a valid name: letters, digits, "_", "." and "-" are allowed. Correct the settings.'
        )
    return value


def check_image(image: str) -> str:
    """Return an image's reference, which has to name a digest: what runs is what was pushed.

    Raises:
        StepError: It is not of the form repository:version@sha256:….
    """
    if not re.fullmatch(r"[A-Za-z0-9_./:][A-Za-z0-9_./:-]*:[A-Za-z0-9_.-]+@sha256:[0-9a-f]{64}", image):
        raise StepError(f'the image "{image}" is not of the form repository:version@sha256:… . Correct the settings.')
    return image
