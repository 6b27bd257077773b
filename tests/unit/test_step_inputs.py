"""What the steps are told: each setting once, so that an edit of it is one line a step in a preview."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from tests.unit.graph import HOSTS, Graph, changes, declare, leaves

SERVERS = {"web": HOSTS, "worker": {"hosts": HOSTS, "proxy": False, "cmd": "work"}}


def test_another_variable_is_one_field_of_one_step_of_each_host_and_role(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, after = (
        declare(tmp_path, monkeypatch, servers=SERVERS, env={"clear": {"A": value, "B": "1"}, "secret": ["DB"]})
        for value in ("1", "2")
    )
    assert changes(before, after) == {
        f"shop-{host}-{role}-candidate": ["stdin.container.env.A"] for host in HOSTS for role in ("web", "worker")
    }


def test_another_healthcheck_is_one_field_of_the_candidate_and_one_of_the_switch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, after = (
        declare(tmp_path, monkeypatch, servers=SERVERS, proxy={"healthcheck": {"path": path}})
        for path in ("/up", "/healthy")
    )
    assert changes(before, after) == {
        f"shop-{host}-web-{step}": ["stdin.proxy.healthcheck.path"]
        for host in HOSTS
        for step in ("candidate", "switch")
    }


def test_another_password_of_the_registry_is_one_field_of_the_step_for_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, after = (
        declare(tmp_path, monkeypatch, env={}, secrets={"REGISTRY": password}) for password in ("old", "new")
    )
    assert changes(before, after) == {f"shop-{host}-web-secrets": ["stdin.registry.password"] for host in HOSTS}


def test_a_tags_variables_are_those_of_the_containers_on_its_hosts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def graph(value: str) -> Graph:
        env = {"clear": {"A": "1"}, "tags": {"eu": {"clear": {"A": value}, "secret": ["DB"]}}}
        return declare(tmp_path, monkeypatch, servers=[HOSTS[0], {HOSTS[1]: "eu"}], env=env, registry={})

    before, after = graph("2"), graph("3")
    assert changes(before, after) == {f"shop-{HOSTS[1]}-web-candidate": ["stdin.container.env.A"]}
    assert [command.name for command in after.named("-secrets")] == [f"shop-{HOSTS[1]}-web-secrets"]


def setting_name(path: str) -> str:
    """The last key of a path: what is at `proxy.hosts[0]` belongs to the setting `hosts`."""
    return re.sub(r"\[\d+\]$", "", path).rpartition(".")[2]


def test_each_setting_stands_once_in_a_step_under_the_name_that_it_has_in_the_config(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every value is its own, so that it is found wherever it stands."""
    settings: dict[str, Any] = {
        "servers": {
            "web": {
                "cmd": "serve-it",
                "labels": {"team": "team-a"},
                "options": {"memory": "701m"},
                "stop_timeout": 7001,
            },
            "worker": {"cmd": "work-it", "strategy": "stop-first", "stop_timeout": 7002},
        },
        "env": {"clear": {"A": "value-a"}},
        "secrets": {"DB": "d4tabase-pass"},
        "proxy": {
            "hosts": ["shop.example.com"],
            "app_port": 7003,
            "path_prefix": "/prefix",
            "response_timeout": 7004,
            "healthcheck": {"path": "/path", "interval": 7005, "timeout": 7006},
            "buffering": {"memory": 7007, "max_request_body": 7008, "max_response_body": 7009},
            "run": {"http_port": 7010, "https_port": 7011, "log_max_size": "702m", "options": {"cpus": "703"}},
        },
        "release_task": {"cmd": "migrate-it", "timeout": 7012},
        "deploy_timeout": 7013,
        "drain_timeout": 7014,
        "readiness_delay": 7015,
        "retain_containers": 7016,
    }
    names = {str(value): setting_name(path) for path, value in leaves(settings)}
    for role in settings["servers"].values():
        role["hosts"] = HOSTS
    settings["env"]["secret"] = ["DB"]
    found: set[str] = set()
    for step in declare(tmp_path, monkeypatch, registry={}, **settings).commands():
        told = [(str(value), setting_name(path)) for path, value in step.fields.items() if path.startswith("stdin")]
        told += [(word, "a word of the command") for word in shlex.split(step.inputs.get("create", ""))]
        told = [(value, name) for value, name in told if value in names]
        assert sorted(told) == sorted({(value, names[value]) for value, _ in told}), step.name
        found |= dict(told).keys()
    assert found == names.keys()
