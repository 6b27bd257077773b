"""The order in which candidates start and hosts switch, group by group."""

from pathlib import Path
from typing import Any

import pytest

from tests.unit.graph import HOSTS, Graph, add_hooks, declare

FIRST, SECOND = HOSTS
SWITCHES = {f"shop-{FIRST}-web-switch", f"shop-{FIRST}-worker-switch"}


def booted(folder: Path, monkeypatch: pytest.MonkeyPatch, **boot: Any) -> Graph:
    """The graph of two groups of one host, the first of them with a worker, and the hooks around a switch."""
    add_hooks(folder, "pre-app-boot", "post-app-boot")
    servers = {"web": HOSTS, "worker": {"hosts": [FIRST], "cmd": "work"}}
    return declare(folder, monkeypatch, servers=servers, boot={"limit": 1, "wait": 2, **boot})


@pytest.mark.parametrize("candidates", ["all", "group"])
def test_groups_of_hosts_switch_in_turn_between_their_hooks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, candidates: str
) -> None:
    graph = booted(tmp_path, monkeypatch, candidates=candidates)
    (switch,) = graph.named(f"shop-{SECOND}-web-switch")
    before = {*SWITCHES, f"shop-{FIRST}-pre-app-boot-1", f"shop-{FIRST}-post-app-boot-1"}
    assert {*before, "shop-boot-wait-2", f"shop-{SECOND}-pre-app-boot-2"} <= graph.before(switch)


def test_the_roles_that_answer_requests_switch_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    graph = booted(tmp_path, monkeypatch)
    (worker,) = graph.named(f"{FIRST}-worker-switch")
    assert f"shop-{FIRST}-web-switch" in graph.before(worker)


def test_all_candidates_start_at_once_and_no_host_switches_before_they_are_healthy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph = booted(tmp_path, monkeypatch)
    candidates = graph.named("-candidate")
    names = {candidate.name for candidate in candidates}
    assert len(names) == 3
    for candidate in candidates:
        assert not {name for name in graph.before(candidate) if "switch" in name or "boot" in name or name in names}
    for command in [*graph.named("-switch"), *graph.named("pre-app-boot-1")]:
        assert names <= graph.before(command)


def test_the_candidates_of_a_group_can_wait_until_the_group_before_has_switched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph = booted(tmp_path, monkeypatch, candidates="group")
    first = {f"shop-{FIRST}-web-candidate", f"shop-{FIRST}-worker-candidate"}
    (candidate,) = graph.named(f"shop-{SECOND}-web-candidate")
    for hook in graph.named("pre-app-boot-1"):
        assert first <= graph.before(hook)
        assert candidate.name not in graph.before(hook)
    assert {*SWITCHES, f"shop-{FIRST}-post-app-boot-1", "shop-boot-wait-2"} <= graph.before(candidate)
    (hook,) = graph.named("pre-app-boot-2")
    assert candidate.name in graph.before(hook)
    (switch,) = graph.named(f"shop-{SECOND}-web-switch")
    assert hook.name in graph.before(switch)
