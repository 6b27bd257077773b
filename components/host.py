"""A Docker host, prepared: the host tool installed, Docker checked, the network and kamal-proxy up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi

from .command import HostCommand, Words, after, on_host
from .connection import Target
from .host_tool import bootstrap_text, host_tool_hash, host_tool_text
from .host_tool.spec import spec_text
from .naming import app_name
from .proxy import boot_spec
from .settings import Role, Settings

# The bridge network that apps and kamal-proxy share, by Kamal's name.
NETWORK = "kamal"

# Seconds that a step may take which only talks to Docker.
SHORT_STEP = 120

# Seconds that a step needs beyond what the settings let it wait: SSH login, Docker calls, the lock.
MARGIN = 60

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
    """The host tool as installed for one app: turns a verb and its words into a command."""

    app: str

    @property
    def path(self) -> str:
        """Where it is, from the home directory of the SSH user. Its hash is its name: an upgrade changes no old call."""
        return f".kamal/apps/{self.app}/bin/host_tool-{host_tool_hash(host_tool_text())}"

    def call(self, verb: str, *words: pulumi.Input[str], limit: int = SHORT_STEP) -> Words:
        """`verb` of the tool, ended after `limit` seconds: a Command itself knows no time limit."""
        return Words.of("timeout", "-k", "10", str(limit), self.path, verb, *words)

    def call_if_installed(self, verb: str, *words: str, limit: int = SHORT_STEP) -> Words:
        """As `call`, by any release of the tool, and done at once where none is: a host may be clean already."""
        return Words.of("sh", "-c", CALL_IF_INSTALLED, "sh", self.path, str(limit), verb, *words)


class Host(pulumi.ComponentResource):
    """A Docker host and what every app on it needs.

    :ivar prepared: the Command that everything on this host waits for.
    :ivar anchors: by role of this host, the Command that tears it down when it leaves the settings, or the stack is
        destroyed, and until then does nothing. Declared before there is an image, so that a host on which a first
        deploy got no further is cleaned, too.
    """

    prepared: HostCommand
    anchors: Mapping[str, HostCommand]

    def __init__(
        self,
        target: Target,
        settings: Settings,
        *,
        after_hooks: Sequence[pulumi.Resource] = (),
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Declare the preparation of the host behind `target`."""
        super().__init__("kamal:index:Host", target.host, None, opts)
        self.target = target
        self.name = target.host
        self.tool = HostTool(app_name(settings.service, settings.destination))
        has_proxy = any(role.proxy and target.host in role.hosts for role in settings.roles())
        spec = {"network": NETWORK, **(boot_spec(settings.proxy.run) if has_proxy else {})}
        program = host_tool_text()
        self.prepared = on_host(
            f"{target.host}-prepare",
            target,
            Words.of("sh", "-c", bootstrap_text(), "sh", self.tool.app, host_tool_hash(program)),
            stdin=spec_text(spec) + _indented(program),
            opts=after(self, after_hooks),
        )
        self.anchors = {role.name: self._anchor(role) for role in settings.roles() if target.host in role.hosts}
        self.register_outputs({"docker": self.prepared.stdout})

    def _anchor(self, role: Role) -> HostCommand:
        remove = self.tool.call_if_installed("remove", self.tool.app, role.name, limit=role.stop_timeout + MARGIN)
        return on_host(
            f"{self.name}-{role.name}-anchor", self.target, None, delete=remove, opts=after(self, [self.prepared])
        )


def _indented(program: str) -> str:
    """The program as the last field of the spec: a literal block of YAML, so that a preview shows field by field."""
    return "tool: |\n" + "".join(f"  {line}\n" for line in program.splitlines())
