"""A Docker host, prepared: the host tool is installed, Docker checked, the network and kamal-proxy are up."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pulumi

from .command import RemoteCommand, remote_command
from .host_tool.json_codec import to_json
from .host_tool.program import bootstrap_words, packed_program, program_hash
from .host_tool.spec import PrepareSpec
from .naming import app_name
from .proxy import run_spec
from .resource_options import child_of
from .settings import ResolvedRole, Settings
from .ssh_connection import SshConnection

NETWORK = "kamal"
"""The bridge network that apps and kamal-proxy share, by Kamal's name."""

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

    def call_if_installed(self, verb: str, *words: str, limit: int = SHORT_STEP) -> list[pulumi.Input[str]]:
        """Like `call`, with any installed version of the tool; succeeds where there is none, as on a wiped host."""
        return ["sh", "-c", CALL_IF_INSTALLED, "sh", self.path, str(limit), verb, self.app, *words]


class Host(pulumi.ComponentResource):
    """A Docker host and what every app on it needs.

    Attributes:
        prepare: The Command that everything else on this host waits for.
        teardowns: By role of this host, the Command that tears the role down when it leaves the settings or the stack
            is destroyed, and does nothing until then. Declared before there is an image, so that a host that a failed
            first deploy has prepared is cleaned, too.
    """

    prepare: RemoteCommand
    teardowns: Mapping[str, RemoteCommand]

    def __init__(
        self,
        name: str,
        connection: SshConnection,
        settings: Settings,
        *,
        depends_on: Iterable[pulumi.Resource] = (),
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare the preparation of a host.

        Args:
            name: The resource's name; its parts' names begin with it.
            connection: The way to the host.
            settings: What is deployed to it.
            depends_on: What has to succeed before the host is first contacted.
            opts: Options of the component.
        """
        super().__init__("kamal:index:Host", name, None, opts)
        self.connection = connection
        self.address = connection.host
        self.resource_name = name
        self.tool = HostTool(app_name(settings.service, settings.destination))
        roles = [role for role in settings.roles if self.address in role.hosts]
        proxy = run_spec(settings.proxy.run) if any(role.proxy for role in roles) else None
        self.prepare = remote_command(
            f"{name}-prepare",
            connection,
            create=bootstrap_words(self.tool.app),
            stdin=to_json(PrepareSpec(network=NETWORK, proxy=proxy, tool=packed_program())),
            opts=child_of(self, depends_on=depends_on, formerly=self._formerly("prepare")),
        )
        self.teardowns = {role.name: self._teardown(role) for role in roles}
        self.register_outputs({"docker": self.prepare.stdout})

    def _teardown(self, role: ResolvedRole) -> RemoteCommand:
        return remote_command(
            f"{self.resource_name}-{role.name}-teardown",
            self.connection,
            delete=self.tool.call_if_installed("remove", role.name, limit=role.stop_timeout + MARGIN),
            opts=child_of(self, depends_on=[self.prepare], formerly=self._formerly(f"{role.name}-anchor")),
        )

    def _formerly(self, step: str) -> str:
        return f"kamal:index:Host$command:remote:Command::{self.address}-{step}"
