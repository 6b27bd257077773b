"""A Docker host, prepared: the host tool is installed, Docker checked, the network and kamal-proxy are up."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pulumi

from .command import RemoteCommand, remote_command, step_input
from .host_tool.program import INSTALL_LIMIT, PREPARE_LIMIT, bootstrap_words, packed_program, program_hash
from .host_tool.spec import PrepareSpec
from .inspection import Inspection
from .naming import NETWORK, app_name
from .ownership import Ownership
from .proxy import run_spec
from .resource_options import child_of, urn_of
from .settings import ResolvedAccessory, ResolvedRole, Settings
from .ssh_connection import SshConnection

SHORT_STEP = 120
"""Seconds that a step may take that only talks to Docker."""

MARGIN = 60
"""Seconds that a step needs beyond what the settings let it wait: the SSH login, Docker calls, the lock."""

CALL_IF_INSTALLED = """\
tool=$1 limit=$2
shift 2
for tool in "$tool" "${tool%-*}"-*; do
  if [ -x "$tool" ]; then exec timeout -k 10 "$limit" "$tool" "$@"; fi
done
echo 'nothing of this app is left here' >&2
"""


@dataclass(frozen=True)
class HostTool:
    """The host tool as it is installed for one app: turns a verb and its words into a command line."""

    app: str

    @property
    def path(self) -> str:
        """Its path from the SSH user's home directory. The hash in its name keeps old calls valid after an upgrade."""
        return f".kamal/apps/{self.app}/bin/host_tool-{program_hash()}"

    def call(self, verb: str, *words: pulumi.Input[str], limit: int = SHORT_STEP) -> list[pulumi.Input[str]]:
        """Return the words that run a verb and end it after `limit` seconds: a Command has no time limit of its own."""
        return ["timeout", "-k", "10", str(limit), self.path, verb, self.app, *words]

    def call_if_installed(
        self, verb: str, *words: pulumi.Input[str], limit: int = SHORT_STEP
    ) -> list[pulumi.Input[str]]:
        """Like `call`, with any installed version of the tool; succeeds where there is none, as on a wiped host."""
        return ["sh", "-c", CALL_IF_INSTALLED, "sh", self.path, str(limit), verb, self.app, *words]


class Host(pulumi.ComponentResource):
    """A Docker host and what every app on it needs.

    Attributes:
        prepare: The Command that everything else on this host waits for.

    Each role and accessory has a Command that tears it down when it leaves the settings or the stack is destroyed, and does nothing until
    then. Pulumi runs a `delete` also when a Command was replaced. So `prepare` holds the app on the host, and no teardown takes
    down what is held. Its own `delete` lets go of the app; where it is replaced, before it prepares the host again. It depends on
    the teardowns, so that they are deleted after it.
    """

    prepare: RemoteCommand

    def __init__(
        self,
        name: str,
        connection: SshConnection,
        settings: Settings,
        owner: Ownership,
        inspection: Inspection,
        *,
        connected: Sequence[pulumi.Resource] = (),
        depends_on: Iterable[pulumi.Resource] = (),
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare the preparation of a host.

        Args:
            name: The resource's name; its parts' names begin with it.
            connection: The way to the host.
            settings: What is deployed to it.
            owner: Whose the app is.
            inspection: What the hosts say.
            connected: The `pre-connect` hook, which may open the way to the host.
            depends_on: What has to succeed before the host is prepared.
            opts: Options of the component.
        """
        super().__init__("kamal:index:Host", name, None, opts)
        self.connection = connection
        self.address = connection.host
        self.resource_name = name
        self.owner = owner
        self.inspection = inspection
        self.tool = HostTool(app_name(settings.service, settings.destination))
        accessories = [self._accessory_teardown(each, connected) for each in settings.accessories_on(self.address)]
        teardowns = [self._teardown(role, connected, accessories) for role in settings.roles_on(self.address)]
        self.prepare = self._prepare(settings, [*depends_on, *accessories, *teardowns])
        self.register_outputs({"docker": self.prepare.stdout})

    def _prepare(self, settings: Settings, depends_on: Iterable[pulumi.Resource]) -> RemoteCommand:
        options = child_of(self, depends_on=depends_on, formerly=self._formerly("prepare"))
        options.delete_before_replace = True
        return remote_command(
            f"{self.resource_name}-prepare",
            self.connection,
            create=[
                *bootstrap_words(self.tool.app, INSTALL_LIMIT if settings.docker_install else PREPARE_LIMIT),
                self.owner.id,
            ],
            stdin=step_input(urn_of(self).apply(lambda urn: self._prepare_spec(settings, urn))),
            delete=self.tool.call_if_installed("abandon", *self.owner.words, urn_of(self)),
            reason=self.reason("prepare", self.inspection.of(self.address).prepare),
            opts=options,
        )

    def _prepare_spec(self, settings: Settings, urn: str) -> PrepareSpec:
        roles = settings.roles_on(self.address)
        return PrepareSpec(
            network=NETWORK,
            service=settings.service,
            destination=settings.destination,
            roles=tuple(role.name for role in roles),
            stack=self.owner.stack,
            resource=urn,
            take_over=settings.take_over,
            tool=packed_program(),
            docker_install=settings.docker_install or None,
            proxy=run_spec(settings.proxy.run) if settings.needs_proxy(self.address) else None,
            accessories={each.name: each.service for each in settings.accessories_on(self.address)} or None,
        )

    def _teardown(
        self, role: ResolvedRole, connected: Sequence[pulumi.Resource], accessories: Sequence[pulumi.Resource]
    ) -> RemoteCommand:
        # The app is in the name: one that is called otherwise from now on leaves, and has to be torn down.
        name = f"{self.resource_name}-{role.name}-teardown-{self.tool.app}"
        words = self.tool.call_if_installed(
            "remove", role.name, *self.owner.words, self.address, limit=role.stop_timeout + MARGIN
        )
        # The app goes before what it uses.
        return self._delete_only(
            name, words, connected, depends_on=accessories, formerly=self._formerly(f"{role.name}-anchor")
        )

    def _accessory_teardown(self, accessory: ResolvedAccessory, connected: Sequence[pulumi.Resource]) -> RemoteCommand:
        settings = accessory.settings
        # A preview of a destroy shows nothing but names.
        what = "teardown-DELETES-DATA" if settings.delete_data else "teardown"
        words = self.tool.call_if_installed(
            "remove_accessory",
            accessory.name,
            *self.owner.words,
            self.address,
            *(["delete-data"] if settings.delete_data else []),
            limit=settings.stop_timeout + MARGIN,
        )
        name = f"{self.resource_name}-{accessory.name}-accessory-{what}-{self.tool.app}"
        return self._delete_only(name, words, connected, protect=settings.protect)

    def _delete_only(
        self,
        name: str,
        delete: Sequence[pulumi.Input[str]],
        connected: Sequence[pulumi.Resource],
        *,
        depends_on: Iterable[pulumi.Resource] = (),
        formerly: str | None = None,
        protect: bool = False,
    ) -> RemoteCommand:
        """Declare a Command that does nothing until it leaves the settings or the stack is destroyed."""
        has_answered = self.inspection.has_answered(self.address)
        options = child_of(self, depends_on=[*depends_on, *(() if has_answered else connected)], formerly=formerly)
        options.ignore_changes = ["create"]
        # Left out where it is off: `protect` of the whole deploy goes on to its parts.
        options.protect = protect or None
        return remote_command(
            name,
            self.connection,
            # A host that never answers gets no teardown, which could only fail. Where it has answered to the look, that
            # need not be tried.
            create=() if has_answered else ("true",),
            delete=delete,
            opts=options,
        )

    def reason(self, step: str, reason: str) -> str:
        """Return why a step on this host has to run again, "" for no reason."""
        return self.inspection.reason(f"{self.resource_name}-{step}", reason)

    def _formerly(self, step: str) -> str:
        return f"kamal:index:Host$command:remote:Command::{self.address}-{step}"


def prepare_hosts(
    name: str,
    settings: Settings,
    connections: Sequence[SshConnection],
    owner: Ownership,
    inspection: Inspection,
    *,
    connected: Sequence[pulumi.Resource],
    parent: pulumi.Resource,
) -> list[Host]:
    """Declare the preparation of every host: all at once, but one at a time where kamal-proxy may be replaced.

    Its replacement interrupts the requests to a host for a moment, and one that fails must not go on to the next host.
    """
    hosts: list[Host] = []
    before = list(connected)
    for connection in connections:
        host = Host(
            f"{name}-{connection.host}",
            inspection.state.with_last_keys(connection, f"{name}-{connection.host}-prepare"),
            settings,
            owner,
            inspection,
            connected=connected,
            depends_on=before,
            opts=child_of(parent, formerly=f"kamal:index:Host::{connection.host}"),
        )
        hosts.append(host)
        if inspection.may_replace_proxy(connection.host):
            before.append(host.prepare)
    return hosts
