"""The look at the hosts, and what follows from it: why their steps have to run again, or why nothing may run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import pulumi

from ..errors import HostError
from ..host_tool.json_codec import to_json
from ..host_tool.owner import Owner
from ..host_tool.program import inspect_words, packed_program
from ..host_tool.result import HostFacts
from ..host_tool.spec import InspectSpec
from ..naming import NETWORK, app_name, owner_command
from ..settings import Settings
from ..ssh_connection import SshConnection
from .look import Look, NoAnswer, start_look
from .preflight import preflight, same_machines
from .reasons import UNKNOWN, HostReasons, reasons
from .report import report
from .state import StackState
from .wanted import wanted_on

NO_REASONS = HostReasons()

NO_STATE = (
    "the engine does not tell the stack's state, so nothing is noticed of what was changed on the hosts since the last "
    "deploy. Upgrade Pulumi to have it noticed"
)


@dataclass(frozen=True)
class Inspection:
    """What the hosts say, against what the state's steps last said.

    Attributes:
        state: What the steps last said.
        facts: What the hosts say; a host that was not looked at is left out.
        reasons: Why steps have to run again, by host.
    """

    state: StackState
    facts: Mapping[str, HostFacts] = field(default_factory=dict)
    reasons: Mapping[str, HostReasons] = field(default_factory=dict)

    def of(self, host: str) -> HostReasons:
        """Return why the steps of a host have to run again."""
        return self.reasons.get(host, NO_REASONS)

    def has_answered(self, host: str) -> bool:
        """Return whether a host was looked at, and has answered."""
        return host in self.facts

    def may_replace_proxy(self, host: str) -> bool:
        """Return whether kamal-proxy will be replaced on a host, or nobody knows."""
        return self.of(host).replaces_proxy if self.has_answered(host) else True

    def reason(self, command: str, reason: str) -> str:
        """Return a reason in words that differ from the last one of a Command: else it would not run again."""
        return f"{reason}, again" if reason and reason == self.state.reason(command) else reason

    def reason_of_loss(self, host: str, command: str) -> str:
        """Return why a Command has to run again that only runs on a new machine, "" for no reason."""
        facts = self.facts.get(host)
        if facts is None or facts.prepared or not self.state.has(command):
            return ""
        return self.reason(command, UNKNOWN)


class LookAtHosts:
    """A look at every host that is under way, all at once. The program goes on meanwhile."""

    def __init__(self, look: Look | None) -> None:
        self._look = look

    @classmethod
    def start(cls, settings: Settings, connections: Sequence[SshConnection]) -> "LookAtHosts":
        """Start to look, unless the settings turn that off."""
        if not settings.inspect:
            return cls(None)
        run = settings.proxy.run
        proxied = any(settings.needs_proxy(host) for host in settings.hosts)
        # Of single addresses nobody knows before Docker tries.
        ports = run.ports if proxied and not run.bind_ips else ()
        accessories = tuple(sorted({each.service for host in settings.hosts for each in settings.accessories_on(host)}))
        spec = InspectSpec(NETWORK, ports, settings.service, settings.destination, accessories)
        words = inspect_words(app_name(settings.service, settings.destination))
        return cls(start_look(connections, words, lambda: f"{to_json(spec)}\n{packed_program()}\n"))

    @cached_property
    def answers(self) -> Mapping[str, HostFacts | NoAnswer]:
        """By host, what it says, or why it does not answer. Waits for them."""
        return self._look.wait() if self._look else {}

    @cached_property
    def facts(self) -> Mapping[str, HostFacts]:
        """What the hosts say; one that does not answer is left out."""
        return {host: answer for host, answer in self.answers.items() if not isinstance(answer, NoAnswer)}

    def versions(self) -> list[Mapping[str, str]]:
        """Return what each host has run: versions with their digests, the latest last."""
        return [facts.versions for facts in self.facts.values()]

    def compare(
        self,
        settings: Settings,
        state: StackState,
        *,
        deploy: str,
        owner: str,
        stack: str,
        version: str,
        way_may_open: bool,
    ) -> Inspection:
        """Compare what the hosts say with what the settings want, and with what the state's steps last said.

        Args:
            settings: The settings of the deploy.
            state: What the steps last said.
            deploy: The name of the deploy.
            owner: What the owner's Command is named after.
            stack: organization/project/stack.
            version: The version that is deployed.
            way_may_open: Whether a `pre-connect` hook may open the way to a host that does not answer now.

        Raises:
            HostError: What keeps the deploy from any of the hosts; in an update, also hosts that do not answer.
        """
        owned_by = Owner(state.stdout(owner_command(owner)), stack)
        may_go_on = pulumi.runtime.is_dry_run() or way_may_open
        twins = same_machines(self.facts)
        compared: dict[str, HostReasons] = {}
        problems: dict[str, list[str]] = {}
        warnings: dict[str, list[str]] = {}
        for host, answer in self.answers.items():
            if isinstance(answer, NoAnswer):
                problems[host] = [] if may_go_on else [answer.reason]
                warnings[host] = [f"planned from the state alone: {answer.reason}"]
                continue
            wanted = wanted_on(host, settings, owned_by)
            found = compared[host] = reasons(
                wanted, state.host(f"{deploy}-{host}", wanted.roles, wanted.accessories), answer
            )
            check = preflight(wanted, answer)
            problems[host] = [*check.problems, *([twins[host]] if host in twins else [])]
            warnings[host] = [*check.warnings, *found.warnings, *_sentences(found)]
            if check.lack:
                # What has run here needs no pull. If it does after all, the step on the host refuses that.
                is_pulled = version not in answer.versions and not pulumi.runtime.is_dry_run()
                (problems if is_pulled else warnings)[host].append(check.lack)
            # Without the state nobody knows whether the owner is this stack's former name. The host finds that out.
            (problems if state.known else warnings)[host] += check.foreign
        if any(problems.values()):
            raise HostError(report(problems))
        for host, sentences in warnings.items():
            for sentence in sentences:
                pulumi.log.warn(f"{host}: {sentence}")
        if not state.known and any(facts.prepared for facts in self.facts.values()):
            pulumi.log.warn(NO_STATE)
        return Inspection(state, self.facts, compared)


def _sentences(found: HostReasons) -> list[str]:
    """Return why steps run again."""
    sentences = [
        found.prepare,
        *(reason for role in found.roles.values() for reason in (role.secrets, role.certificate, role.release)),
        *(reason for each in found.accessories.values() for reason in (each.secrets, each.certificate, each.container)),
    ]
    return [f"{reason}: to be put right" for reason in sentences if reason]
