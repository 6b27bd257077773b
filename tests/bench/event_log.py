"""Pulumi's event log, with times fine enough for a timeline."""

import json
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any, BinaryIO

from tests.bench.timeline import Kind, PulumiEvent

ENVIRONMENT = {"PULUMI_DEBUG_COMMANDS": "true"}
"""Pulumi's command line has the option --event-log only with this."""

INTERVAL = 0.005
"""Seconds between two looks at the log."""

STEP_EVENTS: dict[str, Kind] = {"resourcePreEvent": "step starts", "resOutputsEvent": "step ends"}
"""The events about a resource's step, by their name in the log."""

Line = tuple[float, bytes]
"""A line of the log, and when it was there."""


def up_with_events(up: Callable[..., object], log: Path) -> tuple[list[PulumiEvent], float]:
    """Run `pulumi up`, and return its events and how many seconds it took.

    The log's own times are whole seconds. So it is read while it is written.

    Args:
        up: Runs `pulumi up` with the options that it is given, in an environment with `ENVIRONMENT`.
        log: The file that Pulumi writes.
    """
    log.write_bytes(b"")
    ended = Event()
    with log.open("rb") as file, ThreadPoolExecutor(1) as threads:
        lines = threads.submit(_follow, file, ended)
        started = time.monotonic()
        try:
            up("--event-log", str(log))
        finally:
            took = time.monotonic() - started
            ended.set()
        return parse_events((at - started, line) for at, line in lines.result()), took


def _follow(file: BinaryIO, ended: Event) -> list[Line]:
    """Return the lines that are written to a file until `ended` is set."""
    lines: list[Line] = []
    unfinished = b""
    while True:
        last = ended.is_set()
        *whole, unfinished = (unfinished + file.read()).split(b"\n")
        now = time.monotonic()
        lines += [(now, line) for line in whole]
        if last:
            return lines
        ended.wait(INTERVAL)


def parse_events(lines: Iterable[Line]) -> list[PulumiEvent]:
    """Return the events that a timeline needs; Pulumi logs many others."""
    events = [_parse(at, json.loads(line)) for at, line in lines]
    return [event for event in events if event]


def _parse(at: float, data: dict[str, Any]) -> PulumiEvent | None:
    if "preludeEvent" in data:
        return PulumiEvent(at, "update starts")
    # What Pulumi's Python library says, at the moment when the program declares a resource.
    if data.get("diagnosticEvent", {}).get("message", "").startswith("registering resource:"):
        return PulumiEvent(at, "resource declared")
    for key, kind in STEP_EVENTS.items():
        if key in data:
            return PulumiEvent(at, kind, data[key]["metadata"]["urn"], data[key]["metadata"]["op"])
    return None
