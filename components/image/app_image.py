"""The app's image, as a component."""

from collections.abc import Iterable

import pulumi

from ..settings import Settings
from .deployable import Deployable


class AppImage(pulumi.ComponentResource):
    """The published image. All that follows takes the version from here, so nothing can run before the push.

    Attributes:
        version: The image's tag, an output of the pushed image; known in a preview.
        digest: `sha256:…`, what the registry holds under that tag.
        reference: `repository:version@digest`, what the hosts pull and run.
        build_words: The hash of the settings that it was built with, which the hosts check, as a word of their steps; none
            for a pinned version.
        tag: The version in plain text, for what the program decides. No input of a resource comes from it.
    """

    version: pulumi.Output[str]
    digest: pulumi.Output[str]
    reference: pulumi.Output[str]
    build_words: list[str]
    tag: str

    def __init__(
        self,
        name: str,
        deployable: Deployable,
        settings: Settings,
        *,
        depends_on: Iterable[pulumi.Resource] = (),
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare the image.

        Args:
            name: The resource's name; its parts' names begin with it.
            deployable: What is deployed.
            settings: The settings of the deploy.
            depends_on: What has to succeed before a build: the hosts are prepared, the pre-build hook has run.
            opts: Options of the component.
        """
        super().__init__("kamal:index:AppImage", name, None, opts)
        published = deployable.publish(name, settings, parent=self, depends_on=depends_on)
        self.version, self.digest = published.version, published.digest
        self.tag = deployable.version
        self.build_words = [published.build] if published.build else []
        self.reference = pulumi.Output.concat(settings.repository, ":", self.version, "@", self.digest)
        self.register_outputs({"version": self.version, "digest": self.digest})
