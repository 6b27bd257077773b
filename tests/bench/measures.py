"""What is measured, and how."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from dev.sandbox import Sandbox
from tests.bench.by_hand import ByHand
from tests.bench.contenders import Contenders, change
from tests.bench.event_log import up_with_events
from tests.bench.report import Goal, Sample, above, ratio, row, timeline_table
from tests.bench.stopwatch import seconds
from tests.bench.timeline import Part, timeline
from tests.e2e.stack import Stack


class Measure(Protocol):
    """Something that each round measures once. It leaves the newest version of its app deployed."""

    def run(self, empty: float) -> None:
        """Measure once. `empty` is what the empty program has just taken."""

    def report(self) -> str:
        """Return what the report says about all rounds."""


class UnchangedUp:
    """`pulumi up` with nothing to do."""

    GOAL = Goal("unchanged up, above an empty program", above, 0.8, " s")

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.samples: list[Sample] = []

    def run(self, empty: float) -> None:
        self.samples.append(Sample(seconds(self.stack.up), empty))

    def report(self) -> str:
        return row(self.GOAL, self.samples)


class ChangedVersion:
    """`pulumi up` of a changed app, against the empty program and the same steps by hand."""

    def __init__(self, stack: Stack, by_hand: ByHand, where: str, wanted: float) -> None:
        self.goal = Goal(f"changed version, {where}, to empty program + by hand", ratio, wanted)
        self.stack, self.by_hand = stack, by_hand
        self.samples: list[Sample] = []

    def run(self, empty: float) -> None:
        change(self.stack)
        by_hand = seconds(self.by_hand.deploy)
        # Another change: nothing of it comes from the cache of the build by hand.
        change(self.stack)
        self.samples.append(Sample(seconds(self.stack.up), empty + by_hand))

    def report(self) -> str:
        return row(self.goal, self.samples)


class Rollback:
    """`pulumi up` with the version before pinned."""

    GOAL = Goal("rollback, 2 hosts, above an empty program", above, 1.2, " s")

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.samples: list[Sample] = []

    def run(self, empty: float) -> None:
        self.stack.configure(version=self.stack.outputs()["previous_version"])
        self.samples.append(Sample(seconds(self.stack.up), empty))
        self.stack.configure(version=None)
        self.stack.up()

    def report(self) -> str:
        return row(self.GOAL, self.samples)


class Connections:
    """The SSH connections of a changed version to each host, beside the look."""

    LOOK = 1
    GOAL = Goal("SSH connections a host beside the look", above, 2, decimals=0)

    def __init__(self, stack: Stack, sandbox: Sandbox) -> None:
        self.stack = stack
        self.logs = [sandbox.paths.hosts / host.name / "sshd.log" for host in stack.hosts]
        self.samples: list[Sample] = []

    def run(self, empty: float) -> None:
        change(self.stack)
        before = self._logins()
        self.stack.up()
        made = max(after - earlier for after, earlier in zip(self._logins(), before, strict=True))
        self.samples.append(Sample(made, self.LOOK))

    def _logins(self) -> list[int]:
        return [log.read_text().count("Accepted publickey") for log in self.logs]

    def report(self) -> str:
        return row(self.GOAL, self.samples)


class Timeline:
    """Which part of a deploy of a changed version takes how long."""

    def __init__(self, stack: Stack, log: Path) -> None:
        self.stack, self.log = stack, log
        self.timelines: list[list[Part]] = []

    def run(self, empty: float) -> None:
        change(self.stack)
        self.timelines.append(timeline(*up_with_events(self.stack.up, self.log)))

    def report(self) -> str:
        """Return the timeline of the deploy that took neither long nor short."""
        in_order = sorted(self.timelines, key=lambda parts: parts[-1].end)
        return timeline_table(in_order[len(in_order) // 2])


MEASURES: dict[str, Callable[[Contenders], Measure]] = {
    "unchanged": lambda contenders: UnchangedUp(contenders.two_hosts),
    "2-hosts": lambda contenders: ChangedVersion(
        contenders.two_hosts, contenders.by_hand(contenders.two_hosts), "2 hosts", 1.25
    ),
    "4-hosts": lambda contenders: ChangedVersion(
        contenders.four_hosts, contenders.by_hand(contenders.four_hosts), "4 hosts", 1.30
    ),
    "50-ms": lambda contenders: ChangedVersion(
        contenders.far_hosts, contenders.by_hand(contenders.far_hosts), "2 hosts, 50 ms", 1.50
    ),
    "rollback": lambda contenders: Rollback(contenders.two_hosts),
    "connections": lambda contenders: Connections(contenders.two_hosts, contenders.sandbox),
    "timeline": lambda contenders: Timeline(contenders.two_hosts, contenders.folder / "events"),
}
"""Every measure by the name that --only takes, in the order of the report."""
