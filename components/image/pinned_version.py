"""A version that was pushed before: deployed without a build, and without a Docker engine on the deployer."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pulumi

from ..errors import ImageError
from ..settings import Settings
from .published_image import PublishedImage
from .registry import RegistryError, image_digest

Versions = Sequence[Mapping[str, str]]
"""Of each host, or role on it, versions that it has run, with their digests, the latest last."""

MOST_SHOWN = 10
"""How many versions a message lists."""


@dataclass(frozen=True)
class PinnedVersion:
    """A version that was pushed before.

    Attributes:
        version: The tag.
        digest: What runs under it.
    """

    version: str
    digest: str

    @classmethod
    def look_up(cls, settings: Settings, versions: Versions, deployed: Versions) -> "PinnedVersion":
        """Return the version that `deploy:version` pins, with its digest.

        The digest is the one that the setting names, or that the hosts have run, if they agree on one, or, where no host
        says that it has run the version, the last deploy, or that the registry has. So a rollback runs what ran, and needs
        no registry, and a stack that stays at a version is not redeployed when its tag is pushed again.

        Args:
            settings: The settings of the deploy.
            versions: What each host has run.
            deployed: What the stack's last deploy has left on each host.

        Raises:
            ImageError: The registry does not have the version, refuses the login, or does not answer.
        """
        version, _, digest = str(settings.version).partition("@")
        known = versions if any(version in each for each in versions) else deployed
        digest = digest or _recorded_digest(version, known) or _digest_in_registry(version, settings, versions)
        return cls(version, digest)

    def publish(
        self,
        name: str,  # noqa: ARG002
        settings: Settings,  # noqa: ARG002
        *,
        parent: pulumi.Resource,  # noqa: ARG002
        depends_on: Iterable[pulumi.Resource],  # noqa: ARG002
    ) -> PublishedImage:
        """Return the image: it is in the registry already."""
        return PublishedImage(pulumi.Output.from_input(self.version), pulumi.Output.from_input(self.digest))


def _recorded_digest(version: str, versions: Versions) -> str:
    """Return the digest of a version that all agree on, "" if they do not, or none of them has run it."""
    digests = {known[version] for known in versions if version in known}
    return digests.pop() if len(digests) == 1 else ""


def _digest_in_registry(version: str, settings: Settings, versions: Versions) -> str:
    try:
        return image_digest(settings.registry.server, settings.image, version, settings.registry_login)
    except RegistryError as error:
        raise ImageError(
            f"deploy:version is {version}, but {settings.repository}:{version} cannot be looked up: {error}.\n"
            f"{_known(versions)}Pin a version that was pushed (pulumi config set deploy:version …), or none "
            "(pulumi config rm deploy:version)."
        ) from None


def _known(versions: Versions) -> str:
    """Say which versions the hosts have run, the latest first."""
    names = list(dict.fromkeys(name for known in versions for name in reversed(list(known))))
    if not names:
        return ""
    more = f"\n  and {len(names) - MOST_SHOWN} more" if len(names) > MOST_SHOWN else ""
    listed = "\n".join(f"  {name}" for name in names[:MOST_SHOWN])
    return f"The hosts have run:\n{listed}{more}\n"
