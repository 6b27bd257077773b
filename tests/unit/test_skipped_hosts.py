"""Hosts that `skip_hosts` leaves out keep what the state has of them, and nothing is declared that the state does not have."""

from pathlib import Path
from typing import Any

import pulumi
import pytest

from tests.unit.graph import HOSTS, Declared, Graph, declare

DEPLOY = "urn:pulumi:prod::deploy::kamal:index:Deploy"
COMMAND = "command:remote:Command"


def state_of(host: str, *, steps: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    """The state of a stack that has deployed the role web to a host."""
    host_component, role = f"{DEPLOY}$kamal:index:Host", f"{DEPLOY}$kamal:index:Release$kamal:index:Role"
    urns = {
        "": f"{host_component}::shop-{host}",
        "prepare": f"{host_component}${COMMAND}::shop-{host}-prepare",
        "teardown": f"{host_component}${COMMAND}::shop-{host}-web-teardown-shop-prod",
        "secrets": f"{host_component}${COMMAND}::shop-{host}-web-secrets",
        "certificate": f"{host_component}${COMMAND}::shop-{host}-web-certificate",
        "role": f"{role}::shop-{host}-web",
        "candidate": f"{role}${COMMAND}::shop-{host}-web-candidate",
        "switch": f"{role}${COMMAND}::shop-{host}-web-switch",
    }
    return {urns[step]: {} for step in steps}


def of_host(graph: Graph, host: str) -> dict[str, Declared]:
    """What is declared of a host, by its name."""
    return {each.name: each for each in graph.declared if host in each.name}


STEPS = ("", "prepare", "teardown", "secrets", "certificate", "role", "candidate", "switch")
DEPLOYED = state_of(HOSTS[1], steps=STEPS)


def test_what_the_state_has_stays_as_it_is_and_is_not_torn_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph = declare(tmp_path, monkeypatch, skip_hosts=HOSTS[1:], state=DEPLOYED)
    found = of_host(graph, HOSTS[1])
    assert set(found) == {urn.rpartition("::")[2] for urn in DEPLOYED}
    for each in found.values():
        assert each.ignored == ("*",), each.name
        assert each.retained, each.name
    # What takes a role down comes first, so that it is destroyed last.
    (prepare,) = graph.named(f"{HOSTS[1]}-prepare")
    assert f"shop-{HOSTS[1]}-web-teardown-shop-prod" in graph.before(prepare)


def test_it_is_part_of_the_same_components_as_in_the_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    graph = declare(tmp_path, monkeypatch, skip_hosts=HOSTS[1:], state=DEPLOYED)
    for urn in DEPLOYED:
        name = urn.rpartition("::")[2]
        (each,) = (each for each in graph.declared if each.name == name)
        parents = urn.split("::")[2].rpartition("$")[0]
        # Pulumi's mocks give a URN the types of two parents at most.
        assert parents.endswith(each.parent.split("::")[2].removeprefix("pulumi:pulumi:Stack$")), name


@pytest.mark.parametrize(
    "steps", [(), ("", "prepare"), ("", "prepare", "teardown")], ids=["nothing", "prepared", "before its candidate"]
)
def test_what_the_state_does_not_have_is_not_declared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, steps: tuple[str, ...]
) -> None:
    state = state_of(HOSTS[1], steps=steps)
    graph = declare(tmp_path, monkeypatch, skip_hosts=HOSTS[1:], state=state)
    assert set(of_host(graph, HOSTS[1])) == {urn.rpartition("::")[2] for urn in state}


def test_the_deploy_goes_on_as_if_the_host_were_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its role is not waited for, and another host is the primary one."""
    first, second = HOSTS
    graph = declare(tmp_path, monkeypatch, skip_hosts=[first], state=state_of(first, steps=("", "prepare")))
    assert {command.name for command in graph.named("-switch")} == {f"shop-{second}-web-switch"}


def test_without_the_state_no_host_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(pulumi.RunError, match=f"skip_hosts: {HOSTS[1]} cannot be left out, because this engine"):
        declare(tmp_path, monkeypatch, skip_hosts=HOSTS[1:], state=None)


def test_a_host_that_an_older_release_has_deployed_to_is_not_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state: dict[str, dict[str, Any]] = {f"urn:pulumi:prod::deploy::kamal:index:Host${COMMAND}::{HOSTS[1]}-prepare": {}}
    with pytest.raises(pulumi.RunError, match="of an older release"):
        declare(tmp_path, monkeypatch, skip_hosts=HOSTS[1:], state=state)


def test_the_accessories_of_a_host_that_is_left_out_stay_as_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    component, name = f"{DEPLOY}$kamal:index:Accessory", f"shop-{HOSTS[1]}-db-accessory"
    of_host = f"{DEPLOY}$kamal:index:Host${COMMAND}::{name}"
    state: dict[str, dict[str, Any]] = {
        **DEPLOYED,
        f"{of_host}-teardown-DELETES-DATA-shop-prod": {},
        f"{of_host}-secrets": {},
        f"{of_host}-certificate": {},
        f"{component}::{name}": {},
        f"{component}${COMMAND}::{name}": {},
    }
    accessories = {"db": {"image": "postgres:16", "hosts": HOSTS, "env": {"secret": ["DB"]}}}
    graph = declare(tmp_path, monkeypatch, skip_hosts=HOSTS[1:], state=state, accessories=accessories)
    found = [each for each in graph.declared if HOSTS[1] in each.name]
    assert sorted(each.name for each in found) == sorted(urn.rpartition("::")[2] for urn in state)
    assert all(each.ignored == ("*",) and each.retained for each in found)
    # On the other host it goes on.
    assert graph.named(f"{HOSTS[0]}-db-accessory")
