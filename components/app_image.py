"""The app's image: built and pushed under the version, or looked up in the registry when the version is pinned."""

from collections.abc import Sequence

import pulumi
import pulumi_docker as docker

from .errors import DeployError
from .image_build import ImageBuild
from .settings import Settings
from .source import Source, listed


class AppImage(pulumi.ComponentResource):
    """The pushed image. All that comes after takes the version from here, so nothing can run before the push.

    :ivar version: the image's tag, read back from the pushed image; known in a preview.
    :ivar digest: `sha256:…`, what the registry holds under that tag.
    :ivar reference: `repository:version@digest`, what the hosts pull and run.
    """

    version: pulumi.Output[str]
    digest: pulumi.Output[str]
    reference: pulumi.Output[str]

    def __init__(
        self,
        settings: Settings,
        source: Source | None,
        *,
        after: Sequence[pulumi.Resource] = (),
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare the image.

        :param source: the tree that is built; None when `version` is pinned and nothing is built.
        :param after: what has to be done before the build (the hosts are reached, the pre-build hook is through).
        """
        super().__init__("kamal:index:AppImage", settings.service, None, opts)
        self._settings = settings
        self._provider = self._registry_login()
        if source is None:
            name, self.digest = self._look_up(f"{settings.repository}:{settings.version}")
        else:
            name, self.digest = self._build_and_push(source, after)
        self.version = name.apply(lambda name: name.rpartition(":")[2])
        self.reference = pulumi.Output.concat(name, "@", self.digest)
        self.register_outputs({"version": self.version, "digest": self.digest})

    def _registry_login(self) -> docker.Provider:
        server = self._settings.registry.server
        if login := self._settings.registry_login():
            username, password = login
            auth = docker.ProviderRegistryAuthArgs(
                address=server, username=username, password=pulumi.Output.secret(password)
            )
        else:
            auth = docker.ProviderRegistryAuthArgs(address=server, auth_disabled=True)
        return docker.Provider("registry", registry_auth=[auth], opts=pulumi.ResourceOptions(parent=self))

    def _look_up(self, name: str) -> tuple[pulumi.Output[str], pulumi.Output[str]]:
        """The pinned version's name and digest, from the registry.

        :raises DeployError: when the registry does not have it, or does not answer.
        """
        opts = pulumi.InvokeOptions(parent=self, provider=self._provider)
        try:
            found = docker.get_registry_image(name=name, opts=opts)
        except Exception as error:  # the SDK has no narrower one for a failed invoke
            reason = str(error).rpartition("* ")[2].strip()
            raise DeployError(
                f"version {self._settings.version} is pinned, and {name} cannot be had: {reason}. "
                "Pin a version that was pushed (pulumi config set version …), or none (pulumi config rm version)."
            ) from None
        return pulumi.Output.from_input(found.name), pulumi.Output.from_input(found.sha256_digest)

    def _build_and_push(
        self, source: Source, after: Sequence[pulumi.Resource]
    ) -> tuple[pulumi.Output[str], pulumi.Output[str]]:
        if source.left_out:
            pulumi.log.warn(_left_out(source), self)
        build = ImageBuild(self._settings, source)
        image = docker.RemoteImage(
            self._settings.service,
            name=f"{self._settings.repository}:{source.version}",
            build=build.args(),
            # The local image is the build cache, and a container may use it.
            keep_locally=True,
            opts=pulumi.ResourceOptions(
                parent=self, provider=self._provider, depends_on=list(after), hooks=build.hooks()
            ),
        )
        pushed = docker.RegistryImage(
            self._settings.service,
            name=image.name,
            # The same tag built with other arguments is another image, and has to be pushed again.
            triggers={"build": build.fingerprint()},
            # An older version in the registry is what a rollback runs.
            keep_remotely=True,
            opts=pulumi.ResourceOptions(
                parent=self, provider=self._provider, depends_on=[image], hooks=self._push_failed()
            ),
        )
        return pushed.name, pushed.sha256_digest

    def _push_failed(self) -> pulumi.ResourceHookBinding:
        """What the provider says of a failed push names neither the registry nor what to do."""
        registry = self._settings.registry

        def remedy(_: pulumi.ErrorHookArgs) -> bool:
            login = f"registry.username and the secret {registry.password}" if registry.password else "that it is open"
            pulumi.log.error(
                f"the image could not be pushed to the registry {registry.server}: check {login}, that {registry.server} "
                f"is reached from here, and that the user may push {self._settings.image}."
            )
            return False

        return pulumi.ResourceHookBinding(on_error=[pulumi.ErrorHook("image-push-failed", remedy)])


def _left_out(source: Source) -> str:
    return (
        f"commit {source.commit[:12]} is deployed, without these uncommitted changes:\n{listed(source.left_out)}\n"
        "Commit them, or build the working tree as it is: pulumi config set source worktree"
    )
