"""From Pulumi's event log to the parts of a deploy."""

import json
import time
from pathlib import Path

from tests.bench.event_log import parse_events, up_with_events
from tests.bench.timeline import Part, PulumiEvent, timeline

HOST = "urn:pulumi:test::deploy::kamal:index:Deploy$kamal:index:Host$command:remote:Command::app-192.0.2.1"
ROLE = "urn:pulumi:test::deploy::kamal:index:Deploy$kamal:index:Role$command:remote:Command::app-192.0.2.1-web"
IMAGE = "urn:pulumi:test::deploy::kamal:index:Deploy$kamal:index:AppImage$docker:index"

BEFORE_THE_STEPS = [
    PulumiEvent(0.6, "update starts"),
    PulumiEvent(0.8, "resource declared"),
    PulumiEvent(1.0, "resource declared"),
    PulumiEvent(1.01, "resource declared"),
]


def step(urn: str, start: float, end: float, operation: str = "update") -> list[PulumiEvent]:
    return [PulumiEvent(start, "step starts", urn, operation), PulumiEvent(end, "step ends", urn, operation)]


def test_the_parts_of_a_deploy() -> None:
    events = [
        *BEFORE_THE_STEPS,
        *step("urn:pulumi:test::deploy::pulumi:providers:command::default", 1.1, 1.1, "same"),
        *step(f"{HOST}-prepare", 1.2, 1.22, "same"),
        *step(f"{HOST}-web-teardown", 1.25, 1.25, "same"),
        *step(f"{IMAGE}/remoteImage:RemoteImage::app", 1.26, 1.6, "create-replacement"),
        *step(f"{IMAGE}/registryImage:RegistryImage::app", 1.6, 1.7, "create-replacement"),
        *step(f"{ROLE}-candidate", 1.7, 2.2),
        *step(f"{ROLE}-switch", 2.3, 2.6),
        *step("urn:pulumi:test::deploy::command:remote:Command::app-post-deploy", 2.6, 2.7),
        *step(f"{IMAGE}/remoteImage:RemoteImage::app", 2.8, 2.9, "delete-replaced"),
    ]
    assert timeline(events, 3.1) == [
        Part(0, 0.6, "command line, language host, list of Python packages"),
        Part(0.6, 0.8, "Python, import of pulumi"),
        Part(0.8, 1.0, "program until its first resource: imports, settings, version"),
        Part(1.0, 1.2, "registrations"),
        Part(1.2, 1.25, "prepare, teardown and secrets of the hosts"),
        Part(1.26, 1.6, "build"),
        Part(1.6, 1.7, "push"),
        Part(1.7, 2.2, "candidates"),
        Part(2.2, 2.3, "registrations"),
        Part(2.3, 2.6, "switches"),
        Part(2.6, 2.7, "hooks and tasks"),
        Part(2.7, 3.1, "last outputs, state, end of the engine"),
    ]


def test_a_part_goes_from_the_first_host_s_start_to_the_last_one_s_end() -> None:
    other = ROLE.replace("192.0.2.1", "192.0.2.2")
    events = [*BEFORE_THE_STEPS, *step(f"{ROLE}-switch", 1.0, 1.5), *step(f"{other}-switch", 1.1, 1.4)]
    assert Part(1.0, 1.5, "switches") in timeline(events, 2)


def test_a_deploy_that_declared_nothing_has_a_timeline_too() -> None:
    assert [part.end for part in timeline(BEFORE_THE_STEPS[:2], 1.5)] == [0.6, 0.8, 1.5]


def log_line(**event: object) -> bytes:
    return json.dumps({"sequence": 0, "timestamp": 1700000000, **event}).encode()


def test_events_are_read_from_the_log_s_lines() -> None:
    metadata = {"metadata": {"op": "update", "urn": "urn:x"}}
    lines = [
        log_line(preludeEvent={"config": {}}),
        log_line(diagnosticEvent={"message": "registering resource: ty=pulumi:pulumi:Stack", "severity": "debug"}),
        log_line(diagnosticEvent={"message": "pulling", "severity": "info"}),
        log_line(resourcePreEvent=metadata),
        log_line(resOutputsEvent=metadata),
        log_line(summaryEvent={"durationSeconds": 3}),
        log_line(cancelEvent={}),
    ]
    assert parse_events(enumerate(lines)) == [
        PulumiEvent(0, "update starts"),
        PulumiEvent(1, "resource declared"),
        PulumiEvent(3, "step starts", "urn:x", "update"),
        PulumiEvent(4, "step ends", "urn:x", "update"),
    ]


def test_lines_get_the_time_at_which_they_are_written(tmp_path: Path) -> None:
    def up(option: str, path: str) -> None:
        assert option == "--event-log"
        line = log_line(preludeEvent={})
        with Path(path).open("ab", buffering=0) as log:
            time.sleep(0.2)
            log.write(line + b"\n" + line[:9])
            time.sleep(0.2)
            log.write(line[9:] + b"\n")

    events, took = up_with_events(up, tmp_path / "log")
    first, second = (event.at for event in events)
    assert first >= 0.2
    assert second >= first + 0.1
    assert took >= 0.4
