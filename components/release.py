"""A release on all hosts: hooks, candidates, switch, in the order that keeps every request answered."""

from collections.abc import Mapping, Sequence

import pulumi

from .app_image import AppImage
from .command import HostCommand, Words, after, on_deployer, on_host
from .hook import Hooks
from .host import MARGIN, Host
from .host_tool.spec import spec_text
from .proxy import addresses
from .role import Role
from .settings import Settings

# Seconds that a pull may take: a first image over a slow line.
PULL_LIMIT = 1200


class Release(pulumi.ComponentResource):
    """One version of the app on every host; when it fails, the old one goes on serving.

    :ivar version: what every role on every host runs, as the hosts say; in a preview what they are going to run.
    :ivar previous_version: what the primary host ran before, "" if nothing.
    :ivar running: by host and role what runs there.
    """

    def __init__(
        self,
        settings: Settings,
        image: AppImage,
        hosts: Sequence[Host],
        hooks: Hooks,
        *,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare the release of `image` on `hosts`, the primary host first."""
        super().__init__("kamal:index:Release", settings.service, None, opts)
        self._settings, self._image, self._hosts, self._hooks = settings, image, hosts, hooks
        self._roles = [
            Role(host, role, settings, image, opts=pulumi.ResourceOptions(parent=self))
            for role in settings.roles()
            for host in hosts
            if host.name in role.hosts
        ]
        pulled = [self._pull(host) for host in hosts]
        ready = hooks.run("pre-deploy", image.version, hosts, after=pulled)
        ready = self._release_task(ready)
        candidates = [role.candidate(ready) for role in self._roles]
        switched = self._switch(candidates)
        last = hooks.run("post-deploy", image.version, hosts, after=switched)
        self.version = self._what_runs(last)
        self.previous_version = self._roles[0].running()["previous"]
        self.running = self._running()
        self.register_outputs({"version": self.version})

    def _pull(self, host: Host) -> HostCommand:
        """Bring the image to the host, by its digest, and check that it is the version that it is said to be."""
        settings, image = self._settings, self._image
        login = {"registry.server": settings.registry.server}
        if user_and_password := settings.registry_login():
            login["registry.username"], login["registry.password"] = user_and_password
        words = host.tool.call(
            "pull", host.tool.app, settings.service, image.version, image.reference, limit=PULL_LIMIT
        )
        stdin = pulumi.Output.secret(spec_text(login))
        return on_host(f"{host.name}-pull", host.target, words, stdin=stdin, opts=after(self, [host.prepared]))

    def _release_task(self, ready: Sequence[pulumi.Resource]) -> list[pulumi.Resource]:
        """Run the release task (migrations): once a version, with the new image and the new environment."""
        task = self._settings.release_task
        if task is None:
            return list(ready)
        role = next(role for role in self._roles if role.role.name == (task.role or self._roles[0].role.name))
        host = role.host
        command = on_host(
            "release-task",
            host.target,
            host.tool.call(
                "task",
                host.tool.app,
                role.role.name,
                self._image.reference,
                role.secrets_generation(),
                "-",
                limit=task.timeout + MARGIN,
            ),
            stdin=self._image.version.apply(lambda version: spec_text(role.task_spec(version, task))),
            opts=after(self, ready),
        )
        return [*ready, command]

    def _switch(self, candidates: Sequence[pulumi.Resource]) -> list[pulumi.Resource]:
        """Switch group by group, each between its hooks; in a group the roles with requests to answer come first."""
        ready = list(candidates)
        groups = self._settings.boot_groups()
        for number, group in enumerate(groups, start=1):
            suffix = f"-{number}" if len(groups) > 1 else ""
            hosts = [host for host in self._hosts if host.name in group]
            roles = [role for role in self._roles if role.host.name in group]
            if number > 1 and self._settings.boot.wait:
                ready = [self._wait(f"boot-wait{suffix}", ready)]
            version = self._image.version
            ready = self._hooks.run("pre-app-boot", version, hosts, suffix=suffix, after=ready)
            answering = [role.switch(ready) for role in roles if role.role.proxy]
            ready += answering + [role.switch([*ready, *answering]) for role in roles if not role.role.proxy]
            ready = self._hooks.run("post-app-boot", version, hosts, suffix=suffix, after=ready)
        return ready

    def _wait(self, name: str, ready: Sequence[pulumi.Resource]) -> pulumi.Resource:
        """Sleep between two boot groups, whenever a group before it was switched."""
        switched = [resource.stdout for resource in ready if isinstance(resource, HostCommand)]
        return on_deployer(
            name,
            Words.of("sh", "-c", 'cat >/dev/null; sleep "$1"', "sh", str(self._settings.boot.wait)),
            stdin=pulumi.Output.all(*switched).apply("".join),
            opts=after(self, ready),
        )

    def _what_runs(self, last: Sequence[pulumi.Resource]) -> pulumi.Output[str]:
        """The version that runs, once all hosts have said so: a failed deploy leaves the stack's output as it was."""
        if pulumi.runtime.is_dry_run():
            return self._image.version
        said = pulumi.Output.all(*(role.running() for role in self._roles))
        urns = pulumi.Output.all(*(resource.urn for resource in last))
        return pulumi.Output.all(self._image.version, said, urns).apply(lambda known: _agreed(known[0], known[1]))

    def _running(self) -> pulumi.Output[dict[str, dict[str, Mapping[str, str]]]]:
        places = [(role.host.name, role.role.name) for role in self._roles]

        def by_host(said: Sequence[Mapping[str, str]]) -> dict[str, dict[str, Mapping[str, str]]]:
            table: dict[str, dict[str, Mapping[str, str]]] = {}
            for (host, role), running in zip(places, said, strict=True):
                table.setdefault(host, {})[role] = running
            return table

        return pulumi.Output.all(*(role.running() for role in self._roles)).apply(by_host)

    def addresses(self) -> list[str]:
        """Where the app answers."""
        return sorted({address for role in self._settings.roles() for address in addresses(self._settings, role)})


def _agreed(version: str, said: Sequence[Mapping[str, str]]) -> str:
    """`version`, if every role on every host runs it.

    :raises pulumi.RunError: naming the containers that run another one.
    """
    others = [running["container"] for running in said if running["version"] != version]
    if others:
        raise pulumi.RunError(f"version {version} was deployed, but another one runs in: {', '.join(others)}")
    return version
