"""A version that was pushed before: deployed without a build, and without a Docker engine on the deployer."""

from collections.abc import Iterable
from dataclasses import dataclass

import pulumi

from ..errors import ImageError
from ..settings import Settings
from .published_image import PublishedImage
from .registry import RegistryError, image_digest


@dataclass(frozen=True)
class PinnedVersion:
    """A version that the registry has.

    Attributes:
        version: The tag.
        digest: What the registry holds under it.
    """

    version: str
    digest: str

    @classmethod
    def look_up(cls, settings: Settings) -> "PinnedVersion":
        """Return the version that `deploy:version` pins, with its digest from the registry.

        Raises:
            ImageError: The registry does not have it, refuses the login, or does not answer.
        """
        version = str(settings.version)
        try:
            return cls(
                version, image_digest(settings.registry.server, settings.image, version, settings.registry_login)
            )
        except RegistryError as error:
            raise ImageError(
                f"deploy:version is {version}, but {settings.repository}:{version} cannot be looked up: {error}. "
                "Pin a version that was pushed (pulumi config set deploy:version …), or none (pulumi config rm deploy:version)."
            ) from None

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
