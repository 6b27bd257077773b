"""The audit log: a line a step, and never more than so many."""

import json
from pathlib import Path
from typing import Any

import pytest

from components.host_tool.records.app_folder import AppFolder
from components.host_tool.step import audit
from components.host_tool.step.audit import write_audit
from components.host_tool.step.step import Step

from .fake_docker import FakeDocker


@pytest.fixture
def step(tmp_path: Path) -> Step:
    folder = AppFolder("shop", tmp_path)
    folder.path.mkdir(parents=True)
    return Step("switch", folder, FakeDocker())


def lines(step: Step) -> list[dict[str, Any]]:
    return [json.loads(line) for line in step.folder.audit_log.read_text().splitlines()]


def test_a_line_tells_who_did_what_and_how_it_ended(step: Step, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSH_CONNECTION", "10.0.0.9 50000 10.0.0.1 22")
    step.performer, step.role, step.version, step.release = "Jo", "web", "v1", "abc"
    write_audit(step, "")
    write_audit(step, "it\nfailed")
    first, second = lines(step)
    at = first.pop("at")
    assert at.endswith("Z")
    assert first == {
        "client": "10.0.0.9",
        "performer": "Jo",
        "verb": "switch",
        "role": "web",
        "version": "v1",
        "release": "abc",
        "result": "ok",
        "message": "",
    }
    assert (second["result"], second["message"]) == ("failed", "itfailed")


def test_it_does_not_grow_without_end_and_its_newest_lines_stay(step: Step, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "LARGEST", 5000)
    for number in range(200):
        step.version = f"v{number}"
        write_audit(step, "ü" * 10)
        assert step.folder.audit_log.stat().st_size <= 5000
    versions = [line["version"] for line in lines(step)]
    assert len(versions) > 5
    assert versions == [f"v{number}" for number in range(200)][-len(versions) :]


def test_an_app_that_has_been_removed_gets_no_log(step: Step) -> None:
    step.folder.forget(with_proxy=True, with_kamals=True)
    write_audit(step, "")
    assert not step.folder.path.exists()
