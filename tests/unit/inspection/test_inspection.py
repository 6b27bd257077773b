"""What the hosts are asked."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from components.host_tool.json_codec import from_json
from components.host_tool.program import inspect_words, packed_program
from components.host_tool.spec import InspectSpec
from components.inspection import LookAtHosts
from components.ssh_connection import SshConnection
from tests.unit.settings.loading import load


@pytest.mark.parametrize(
    ("settings", "ports"),
    [
        ({}, (80, 443)),
        ({"proxy": {"run": {"http_port": 8080, "https_port": 8443}}}, (8080, 8443)),
        ({"servers": {"web": {"hosts": ["a.test"], "proxy": False}}}, ()),
    ],
    ids=["the usual ports", "other ports", "no role gets requests"],
)
def test_hosts_are_asked_about_the_ports_that_kamal_proxy_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: dict[str, Any], ports: tuple[int, ...]
) -> None:
    asked: list[tuple[Sequence[str], str]] = []

    def start_look(_: Sequence[SshConnection], words: Sequence[str], stdin: Callable[[], str]) -> None:
        asked.append((words, stdin()))

    monkeypatch.setattr("components.inspection.inspection.start_look", start_look)
    LookAtHosts.start(load(tmp_path, destination="eu", **settings), [])
    ((words, stdin),) = asked
    spec, program = stdin.splitlines()
    assert from_json(InspectSpec, spec) == InspectSpec("kamal", ports, "shop", "eu")
    assert (program, words) == (packed_program(), inspect_words("shop-eu"))
