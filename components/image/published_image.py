"""An image that the registry has, or will have once it is pushed."""

from dataclasses import dataclass

import pulumi


@dataclass(frozen=True)
class PublishedImage:
    """An image in the registry.

    Attributes:
        version: Its tag. Known in a preview, and an output of the pushed image: what takes it waits for the push.
        digest: `sha256:…`, what the registry holds under that tag.
        build: The hash in its label of the settings that it was built with, "" if nobody knows.
    """

    version: pulumi.Output[str]
    digest: pulumi.Output[str]
    build: str = ""
