"""A release on all hosts: pull, hooks, candidates, switch, in the order that keeps every request answered."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace

import pulumi

from .candidate import PULL_LIMIT, Candidate, start_candidate
from .command import RemoteCommand, local_command, remote_command, step_input
from .hook import Hooks
from .host import MARGIN, Host
from .host_tool.result import Running
from .host_tool.spec import TaskSpec
from .image import AppImage
from .inspection import StackState
from .outputs import RunningByHost
from .resource_options import child_of
from .role_deployment import RoleDeployment
from .settings import ReleaseTaskSettings, Settings
from .switch import Switch, switch_to

TAKEOVER_LIMIT = 600
"""Seconds that the containers of a former owner may take to stop. Nobody but the host knows their `stop_timeout`."""


class Release(pulumi.ComponentResource):
    """One version of the app on every host. When it fails, the old version goes on serving.

    Attributes:
        version: What every role on every host runs, as the hosts say; in a preview, what they are going to run.
        previous_version: What the primary host ran before, "" if nothing.
        running: By host and role what runs there.
    """

    version: pulumi.Output[str]
    previous_version: pulumi.Output[str]
    running: pulumi.Output[RunningByHost]

    def __init__(
        self,
        name: str,
        settings: Settings,
        image: AppImage,
        hosts: Sequence[Host],
        hooks: Hooks,
        error_pages: Mapping[str, str],
        *,
        accessories: Sequence[pulumi.Resource] = (),
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare the release of an image.

        Args:
            name: The resource's name; its parts' names begin with it.
            settings: The settings of the deploy.
            image: What is released.
            hosts: Where it is released, the primary host first.
            hooks: The user's hooks.
            error_pages: kamal-proxy's error pages: name to text.
            accessories: What has to run before any container of the app starts.
            opts: Options of the component.
        """
        super().__init__("kamal:index:Release", name, None, opts)
        self._name, self._settings, self._image, self._hosts, self._hooks = name, settings, image, hosts, hooks
        self._error_pages = error_pages
        self._accessories = list(accessories)
        self._deployments = self._declare_roles()
        switches, last = self._boot(self._before_candidates())
        last = [*last, *self._take_over(last)]
        last = hooks.run("post-deploy", image.version, hosts, depends_on=last)
        self.version = self._version_that_runs(switches, last)
        self.previous_version = switches[0].running.apply(lambda running: running.previous)
        self.running = _by_host_and_role(switches)
        self.register_outputs({"version": self.version})

    def _declare_roles(self) -> list[RoleDeployment]:
        """Declare every role on each of its hosts, those of the primary role first."""
        return [
            RoleDeployment(
                f"{host.resource_name}-{role.name}",
                host,
                role,
                self._settings,
                self._image,
                self._error_pages,
                opts=child_of(self, formerly=f"kamal:index:Release$kamal:index:Role::{host.address}-{role.name}"),
            )
            for role in self._settings.roles
            for host in self._hosts
            if host.address in role.hosts
        ]

    def _before_candidates(self) -> list[pulumi.Resource]:
        """Declare what has to be done before any container starts.

        The image is pulled in a step of its own only where something comes between: else a candidate pulls by itself,
        which saves an SSH connection a host.
        """
        if not self._hooks.has("pre-deploy") and not self._settings.release_task:
            return self._accessories
        pulls = [self._pull(host) for host in self._hosts]
        before = self._hooks.run(
            "pre-deploy", self._image.version, self._hosts, depends_on=[*self._accessories, *pulls]
        )
        return [*before, *self._release_task(before)]

    def _pull(self, host: Host) -> RemoteCommand:
        """Declare the step that pulls the image by digest and verifies its version label."""
        settings, image = self._settings, self._image
        login = [
            command for deployment in self._deployments if deployment.host is host for command in deployment.before_pull
        ]
        return remote_command(
            f"{host.resource_name}-pull",
            host.connection,
            create=host.tool.call(
                "pull", settings.service, image.version, image.reference, *image.build_words, limit=PULL_LIMIT
            ),
            opts=self._child(f"command:remote:Command::{host.address}-pull", [host.prepare, *login]),
        )

    def _release_task(self, depends_on: Sequence[pulumi.Resource]) -> list[pulumi.Resource]:
        """Declare the release task (migrations): once a version, with the new image and the new environment."""
        task = self._settings.release_task
        if task is None:
            return []
        name = task.role or self._deployments[0].role.name
        deployment = next(deployment for deployment in self._deployments if deployment.role.name == name)
        spec = deployment.container_spec.apply(
            lambda container: TaskSpec(container=replace(container, cmd=task.cmd), timeout=task.timeout)
        )
        options = self._child("command:remote:Command::release-task", depends_on)
        if self._has_run(deployment.host.inspection.state, task):
            # Another primary host is no reason to migrate again.
            options.ignore_changes = ["connection", "create", "stdin"]
        command = remote_command(
            self._task_name,
            deployment.host.connection,
            create=deployment.host.tool.call(
                "task",
                name,
                self._image.reference,
                deployment.secrets_hash,
                *self._image.build_words,
                limit=task.timeout + MARGIN,
            ),
            stdin=step_input(spec),
            opts=options,
        )
        return [command]

    @property
    def _task_name(self) -> str:
        return f"{self._name}-release-task"

    def _has_run(self, state: StackState, task: ReleaseTaskSettings) -> bool:
        """Return whether the stack has run the release task for this version."""
        container = state.stdin(self._task_name).get("container", {})
        return (container.get("version"), container.get("cmd")) == (self._image.tag, list(task.cmd))

    def _boot(self, depends_on: Iterable[pulumi.Resource]) -> tuple[list[Switch], list[pulumi.Resource]]:
        """Declare candidates and switches, group by group, each group between its hooks.

        Returns:
            The switches in the order of the roles, and what has to succeed before the deploy is done.
        """
        candidates: list[Candidate] = []
        switches: list[Switch] = []
        last = list(depends_on)
        groups = self._settings.boot_groups
        for number, group in enumerate(groups, start=1):
            suffix = f"-{number}" if len(groups) > 1 else ""
            hosts = [host for host in self._hosts if host.address in group.hosts]
            if switches and self._settings.boot.wait:
                last = [*last, self._wait(suffix, switches, last)]
            started = [
                start_candidate(each, last) for each in self._deployments if each.host.address in group.candidates
            ]
            candidates += started
            last = [*last, *(candidate.command for candidate in started)]
            last = self._hooks.run("pre-app-boot", self._image.version, hosts, suffix=suffix, depends_on=last)
            switched = self._switch([candidate for candidate in candidates if candidate.deployment.host in hosts], last)
            switches += switched
            last = [*last, *(switch.command for switch in switched)]
            last = self._hooks.run("post-app-boot", self._image.version, hosts, suffix=suffix, depends_on=last)
        return sorted(switches, key=lambda switch: self._deployments.index(switch.deployment)), last

    def _switch(self, candidates: Sequence[Candidate], depends_on: Sequence[pulumi.Resource]) -> list[Switch]:
        """Declare the switches of a group of hosts. The roles that answer requests switch first, unless all may at once."""
        routed = [switch_to(each, depends_on) for each in candidates if each.deployment.role.proxy]
        first = [] if self._settings.boot.parallel_roles else routed
        before_workers = [*depends_on, *(switch.command for switch in first)]
        return [*routed, *(switch_to(each, before_workers) for each in candidates if not each.deployment.role.proxy)]

    def _take_over(self, depends_on: Sequence[pulumi.Resource]) -> list[RemoteCommand]:
        """Declare the steps that remove the roles of a former owner of the app, where `take_over` is set."""
        return [
            remote_command(
                f"{host.resource_name}-takeover",
                host.connection,
                create=host.tool.call("takeover", *host.owner.words, limit=TAKEOVER_LIMIT),
                # Another owner may have had the app in between.
                reason=host.reason("takeover", host.inspection.of(host.address).prepare),
                opts=child_of(self, depends_on=[host.prepare, *depends_on]),
            )
            for host in self._hosts
            if self._settings.take_over
        ]

    def _wait(self, suffix: str, switches: Iterable[Switch], depends_on: Sequence[pulumi.Resource]) -> pulumi.Resource:
        """Declare the pause between two boot groups, which runs whenever a group before it was switched."""
        return local_command(
            f"{self._name}-boot-wait{suffix}",
            create=["sh", "-c", 'cat >/dev/null; sleep "$1"', "sh", str(self._settings.boot.wait)],
            stdin=pulumi.Output.all(*(switch.command.stdout for switch in switches)).apply("".join),
            opts=self._child(f"command:local:Command::boot-wait{suffix}", depends_on),
        )

    def _child(self, formerly: str, depends_on: Iterable[pulumi.Resource]) -> pulumi.ResourceOptions:
        return child_of(self, depends_on=depends_on, formerly=f"kamal:index:Release${formerly}")

    def _version_that_runs(self, switches: Sequence[Switch], last: Sequence[pulumi.Resource]) -> pulumi.Output[str]:
        """Return the version once every host has said that it runs: a failed deploy leaves the stack's output as it was."""
        if pulumi.runtime.is_dry_run():
            return self._image.version
        running = pulumi.Output.all(*(switch.running for switch in switches))
        urns = pulumi.Output.all(*(resource.urn for resource in last))
        return pulumi.Output.all(self._image.version, running, urns).apply(
            lambda known: _verified_version(known[0], known[1])
        )


def _by_host_and_role(switches: Sequence[Switch]) -> pulumi.Output[RunningByHost]:
    def table(running: Sequence[Running]) -> RunningByHost:
        hosts: dict[str, dict[str, Mapping[str, str]]] = {}
        for switch, container in zip(switches, running, strict=True):
            deployment = switch.deployment
            hosts.setdefault(deployment.host.address, {})[deployment.role.name] = asdict(container)
        return hosts

    return pulumi.Output.all(*(switch.running for switch in switches)).apply(table)


def _verified_version(version: str, running: Sequence[Running]) -> str:
    """Return the version if every role on every host runs it.

    Raises:
        pulumi.RunError: Naming the containers that run another one.
    """
    others = [container.container for container in running if container.version != version]
    if others:
        raise pulumi.RunError(f"version {version} was deployed, but another one runs in: {', '.join(others)}")
    return version
