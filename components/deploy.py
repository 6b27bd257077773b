"""The deploy, top to bottom."""

import gc

import pulumi

from .error_pages import error_pages_of
from .failure import end_quietly_on_interrupt, user_errors
from .garbage import without_collecting
from .inspection import LookAtHosts, read_state
from .outputs import OUTPUTS, RunningByAccessory, RunningByHost
from .project import full_stack_name, project_dir
from .proxy import addresses
from .resource_options import child_of
from .settings import Settings, check_settings
from .ssh_connection import ssh_connections
from .stack_config import stack_settings


class Deploy(pulumi.ComponentResource):
    """An app, deployed to its hosts without a failed request.

    Attributes:
        version: The version that runs on every host; after a failed deploy the stack's output stays as it was.
        previous_version: The version that the primary host ran before, "" if none.
        image: `repository:version@digest`.
        digest: `sha256:…`, what the registry holds under the version.
        hosts: By host and role, what the host says runs there.
        addresses: Where the app answers, followed by where its accessories do.
        accessories: By accessory and host, what the host says runs there; None without accessories.
    """

    version: pulumi.Output[str]
    previous_version: pulumi.Output[str]
    image: pulumi.Output[str]
    digest: pulumi.Output[str]
    hosts: pulumi.Output[RunningByHost]
    addresses: list[str]
    accessories: pulumi.Output[RunningByAccessory] | None

    @classmethod
    def from_config(
        cls, name: str | None = None, *, namespace: str = "deploy", opts: pulumi.ResourceOptions | None = None
    ) -> "Deploy":
        """Declare the deploy that the stack's config describes.

        Args:
            name: The resource's name; by default the service's.
            namespace: What is before the colon of the config's keys. A program with several deploys gives each its own.
            opts: Options of the component.

        Raises:
            pulumi.RunError: With every problem of the settings in one report.
        """
        with user_errors():
            settings = stack_settings(namespace)
        return cls(name or settings.service, settings, owner=namespace, opts=opts)

    def __init__(
        self, name: str, settings: Settings, *, owner: str | None = None, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Declare a deploy with settings that the program has made.

        Args:
            name: The resource's name; the names of all its parts begin with it.
            settings: What to deploy, where to and how. Relative paths are relative to the Pulumi project's folder.
            owner: What tells this deploy from others of the program, and stays when its name changes: then the app is
                handed over on the hosts. By default its name.
            opts: Options of the component.

        Raises:
            pulumi.RunError: With every problem of the settings or of the hosts in one report, or because the source, the
                Docker engine or the registry has one.
        """
        end_quietly_on_interrupt()
        project, stack = project_dir(), full_stack_name()
        with user_errors(), without_collecting():
            check_settings(settings, project)
            every_host = settings
            settings = every_host.without_hosts(every_host.skip_hosts)
            connections = ssh_connections(settings)
            look = LookAtHosts.start(settings, connections)
            # Imported while the hosts answer: that takes 60 ms.
            from .accessory import declare_accessories, running_by_accessory
            from .accessory_files import read_accessory_files
            from .hook import Hooks, hook_files
            from .host import prepare_hosts
            from .image import AppImage, what_to_deploy
            from .ownership import declare_owner
            from .release import Release
            from .skipped_hosts import check_skipped_hosts, keep_skipped_hosts

            state = read_state(stack)
            deployable = what_to_deploy(name, settings, project, state, look.versions)
            error_pages = error_pages_of(settings, project, deployable.version)
            may_open = "pre-connect" in hook_files(settings, project)
            inspection = look.compare(
                settings,
                state,
                deploy=name,
                owner=owner or name,
                stack=stack,
                version=deployable.version,
                way_may_open=may_open,
            )
            check_skipped_hosts(every_host, state)
            files = read_accessory_files(settings, project)
        super().__init__("kamal:index:Deploy", name, None, opts)

        owned_by = declare_owner(owner or name, stack, parent=self)
        hooks = Hooks(name, settings, deployable.version, project, inspection, parent=self)
        connected = hooks.run("pre-connect", deployable.version)
        hosts = prepare_hosts(name, settings, connections, owned_by, inspection, connected=connected, parent=self)
        prepared = [host.prepare for host in hosts]
        set_up = hooks.run("docker-setup", deployable.version, hosts, depends_on=[*connected, *prepared])
        accessories = declare_accessories(settings, hosts, files, depends_on=set_up, parent=self)
        before_build = hooks.run("pre-build", deployable.version, depends_on=set_up)
        image = AppImage(
            name,
            deployable,
            settings,
            depends_on=before_build,
            opts=child_of(self, formerly=f"kamal:index:AppImage::{settings.service}"),
        )
        release = Release(
            name,
            settings,
            image,
            [host for host in hosts if host.address in settings.app_hosts],
            hooks,
            error_pages,
            accessories=[accessory.command for accessory in accessories],
            opts=child_of(self, formerly=f"kamal:index:Release::{settings.service}"),
        )
        keep_skipped_hosts(name, every_host, state, parent=self, release=release)

        self.version, self.previous_version = release.version, release.previous_version
        self.image, self.digest = image.reference, image.digest
        self.hosts, self.addresses = release.running, addresses(settings)
        self.accessories = running_by_accessory(accessories) if accessories else None
        outputs = {output: getattr(self, output) for output in OUTPUTS}
        self.register_outputs({output: value for output, value in outputs.items() if value is not None})
        # Other modules are imported late, too.
        gc.freeze()
