"""Which part of a deploy takes how long."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

STEPS = {
    "prepare": "prepare, teardown and secrets of the hosts",
    "teardown": "prepare, teardown and secrets of the hosts",
    "secrets": "prepare, teardown and secrets of the hosts",
    "pull": "pull",
    "candidate": "candidates",
    "switch": "switches",
}
"""What the last word of a Command's name says about it."""

START = (
    "command line, language host, list of Python packages",
    "Python, import of pulumi",
    "program until its first resource: imports, settings, version",
)
"""The parts before the first resource."""

SHORTEST_PAUSE = 0.03
"""Seconds from which a time without a step is a part of its own."""


Kind = Literal["update starts", "resource declared", "step starts", "step ends"]


@dataclass(frozen=True)
class PulumiEvent:
    """Something that Pulumi has logged.

    Attributes:
        at: Seconds since the start of the command line.
        kind: What happened.
        urn: The resource of a step.
        operation: What a step does: create, update, same, delete-replaced …
    """

    at: float
    kind: Kind
    urn: str = ""
    operation: str = ""


@dataclass(frozen=True)
class Part:
    """A part of a deploy, with its begin and end in seconds since the start of the command line."""

    start: float
    end: float
    what: str


def timeline(events: Sequence[PulumiEvent], took: float) -> list[Part]:
    """Return the parts of a deploy in their order. Parts that are steps can overlap.

    Args:
        events: What Pulumi has logged.
        took: How many seconds the deploy took.
    """
    start = _start(events)
    steps = _with_pauses(start[-1].end, _steps(events))
    done = max(part.end for part in [*start, *steps])
    return [*start, *steps, Part(done, took, "last outputs, state, end of the engine")]


def _start(events: Sequence[PulumiEvent]) -> list[Part]:
    """Return the parts until the program declares its first resource."""
    update = [event.at for event in events if event.kind == "update starts"]
    declared = [event.at for event in events if event.kind == "resource declared"]
    # The very first is the stack itself, which Pulumi declares before it runs the program.
    moments = pairwise([0, *update, *declared[:2]])
    return [Part(start, end, what) for (start, end), what in zip(moments, START, strict=False)]


def _steps(events: Iterable[PulumiEvent]) -> list[Part]:
    """Return the parts that are resources' steps, each from its first step's start to its last step's end."""
    times: dict[str, list[float]] = {}
    for event in events:
        what = _what(event)
        if what:
            times.setdefault(what, []).append(event.at)
    return sorted((Part(min(at), max(at), what) for what, at in times.items()), key=lambda part: part.start)


def _what(event: PulumiEvent) -> str | None:
    """Return the part that an event belongs to; None for components, providers and deletions, which do no work."""
    if not event.urn or event.operation.startswith("delete"):
        return None
    *_, types, name = event.urn.split("::")
    match types.rpartition("$")[2]:
        case "docker:index/remoteImage:RemoteImage":
            return "build"
        case "docker:index/registryImage:RegistryImage":
            return "push"
        case "command:remote:Command" | "command:local:Command":
            return STEPS.get(name.rpartition("-")[2], "hooks and tasks")
    return None


def _with_pauses(start: float, parts: Iterable[Part]) -> list[Part]:
    """Return the parts, and between them the times in which none of them went on."""
    filled: list[Part] = []
    for part in parts:
        if part.start - start >= SHORTEST_PAUSE:
            filled.append(Part(start, part.start, "registrations"))
        filled.append(part)
        start = max(start, part.end)
    return filled
