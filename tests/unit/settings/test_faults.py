"""Every fault of the settings is told by its path, with what was found and what is expected."""

import json
from pathlib import Path
from typing import Any

import pytest

from deploy.errors import SettingsError
from deploy.settings import Settings, load_settings

GOOD: dict[str, Any] = {"service": "shop", "image": "acme/shop", "servers": ["192.0.2.1"]}


def load(project: Path, **settings: Any) -> Settings:
    """Load `settings` over good ones, as Pulumi hands them over; None leaves a key out."""
    (project / "Dockerfile").touch()
    raw = {
        key: value if isinstance(value, str) else json.dumps(value) for key, value in (GOOD | settings).items() if value
    }
    return load_settings(raw, stack="prod", secret_keys=["secrets"], project_dir=project)


CASES: list[tuple[dict[str, Any], list[str]]] = [
    ({"service": None}, ["service: is missing"]),
    ({"service": "-x"}, ['service: should be letters, digits, - and _ (40 at most, no dash in front), found "-x"']),
    ({"image": "acme/shop:1"}, ['image: should have no tag, found "acme/shop:1": the tag is the version']),
    (
        {"image": "acme/shop@sha256:00"},
        ['image: should have no digest, found "acme/shop@sha256:00": the deploy finds it out'],
    ),
    (
        {"image": "ghcr.io/acme/shop"},
        [
            'image: should be the repository without its server, found "ghcr.io/acme/shop": put that in registry.server',
        ],
    ),
    ({"image": "Acme/shop"}, ['image: should be a repository in lower case, as acme/shop, found "Acme/shop"']),
    ({"version": "a b"}, ['version: should be a tag: letters, digits, _ . - (128 at most), found "a b"']),
    ({"source": "dirty"}, ['source: should be one of commit, strict or worktree, found "dirty"']),
    ({"servers": None}, ["servers: is missing"]),
    ({"servers": {"web": []}}, ["servers.web.hosts: is empty: a role needs at least one host"]),
    ({"servers": ["192.0.2.1", "192.0.2.1"]}, ["servers.web.hosts: has 192.0.2.1 more than once"]),
    ({"servers": ["a b"]}, ['servers.web.hosts[0]: should be a host name or an IP address, found "a b"']),
    ({"servers": {"web server": ["a"]}}, ["servers.web server: a role has letters, digits, - and _ (30 at most)"]),
    ({"servers": {"a": ["x"], "b": ["x"]}}, ['primary_role: is "web", which is none of the roles: a, b']),
    (
        {"servers": {"web": {"hosts": ["a"], "strategy": "stop-first"}}},
        ["servers.web.strategy: is stop-first, which only a role without proxy can have"],
    ),
    (
        {"servers": {"web": ["a"], "api": {"hosts": ["a"], "proxy": True}}},
        ["servers.api.proxy: takes all requests on a, as role web does: give it a host or a path_prefix of its own"],
    ),
    (
        {"servers": {"web": {"hosts": ["a"], "proxy": {"healthchek": {}}}}},
        ["servers.web.proxy.healthchek: is not a known key; did you mean healthcheck?"],
    ),
    (
        {"servers": {"web": {"hosts": ["a"], "options": {"env": "A=1"}}}},
        ['servers.web.options: cannot set "env": use env.clear'],
    ),
    (
        {"servers": {"web": {"hosts": ["a"], "options": {"restart": "sometimes"}}}},
        ["servers.web: options.restart should be no, always, unless-stopped or on-failure[:N]"],
    ),
    (
        {"servers": {"web": {"hosts": ["a"], "labels": {"service": "x"}}}},
        ["servers.web.labels: cannot set service: the deploy sets it itself"],
    ),
    ({"servers": {"web": {"hosts": ["a"], "cmd": "it's"}}}, ["servers.web.cmd: cannot be split into words"]),
    ({"prxy": {"x": 1}}, ["prxy: is not a known key; did you mean proxy?"]),
    ({"accessories": {"x": 1}}, ["accessories: is not supported yet: run databases and the like beside this program"]),
    ({"hooks_path": "h"}, ["hooks_path: is hooks.path here"]),
    ({"builder": {"arch": "amd64"}}, ["builder.arch: is builder.platform here: amd64 is linux/amd64"]),
    ({"builder": {"platform": "amd64"}}, ['builder.platform: should have the form linux/amd64, found "amd64"']),
    ({"builder": {"context": "nowhere"}}, ['builder.context: is "nowhere", which is no folder']),
    ({"builder": {"dockerfile": "Other"}}, ['builder.dockerfile: is "Other", which is not there in ']),
    ({"proxy": {"app_port": "http"}}, ['proxy.app_port: should be a whole number, found "http"']),
    ({"proxy": {"app_port": 70000}}, ["proxy.app_port: should be 65535 or less, found 70000"]),
    ({"proxy": {"ssl": True}}, ["proxy.ssl: is not supported yet. Terminate TLS before the hosts"]),
    ({"proxy": {"host": "a", "hosts": ["b"]}}, ["proxy: has both host and hosts: give one of them"]),
    ({"proxy": {"forward_headers": "perhaps"}}, ['proxy.forward_headers: should be true or false, found "perhaps"']),
    (
        {"registry": {"username": "u", "password": "hunter2"}},
        ["registry.password: is in clear. Put it among the secrets"],
    ),
    ({"registry": {"username": "u"}}, ["registry: needs username and password, or neither of them"]),
    ({"registry": {"server": "https://ghcr.io"}}, ["registry.server: should be a host name with or without a port"]),
    (
        {"registry": {"username": "u", "password": ["PASS"]}},
        ["registry.password: PASS is not set; pulumi config set --secret --path 'secrets.PASS'"],
    ),
    ({"env": {"secret": ["DB"]}}, ["env.secret: DB is not set; pulumi config set --secret --path 'secrets.DB'"]),
    ({"env": {"clear": {"A": 1}, "B": 2}}, ["env: mixes clear and secret with variables: move B into clear"]),
    ({"env": {"KAMAL_X": "1"}}, ['env.clear: has "KAMAL_X": names with KAMAL_ are given by the deploy itself']),
    ({"env": {"A-B": "1"}}, ['env.clear: has "A-B", which is no name of a variable']),
    ({"env": {"clear": {"A": "1"}, "secret": ["A"]}}, ["env: has A both in clear and in secret"]),
    ({"ssh": {"host_keys": {"a": "AAAA"}}}, ["ssh.host_keys.a: should be a public key as `ssh-keyscan` shows it"]),
    ({"ssh": {"proxy": "a b"}}, ['ssh.proxy: should have the form [user@]host[:port], found "a b"']),
    ({"ssh": {"keys": ["x"]}}, ["ssh.keys: is not supported: add the key to the SSH agent (ssh-add)"]),
    (
        {"boot": {"limit": 0}},
        ['boot.limit: should be a number of hosts from 1, or a share of them as "25%", found "0"'],
    ),
    ({"boot": {"limit": "0%"}}, ["boot.limit: should be a number of hosts from 1"]),
    (
        {"hooks": {"run_on": {"pre-dploy": "each"}}},
        ['hooks.run_on: has "pre-dploy", which is no hook; did you mean pre-deploy?'],
    ),
    (
        {"hooks": {"run_on": {"pre-build": "each"}}},
        ["hooks.run_on: has pre-build on a host: it always runs on the deployer"],
    ),
    ({"hooks": {"secrets": {"pre-deploy": ["X"]}}}, ["hooks.secrets.pre-deploy: X is not set"]),
    ({"release_task": {"role": "web"}}, ["release_task.cmd: is missing"]),
    ({"release_task": {"cmd": "x", "role": "job"}}, ['release_task.role: is "job", which is none of the roles']),
    ({"deploy_timeout": "soon"}, ['deploy_timeout: should be a whole number, found "soon"']),
    ({"retain_containers": "0"}, ["retain_containers: should be 1 or more, found 0"]),
]


@pytest.mark.parametrize(
    ("settings", "lines"),
    CASES,
    ids=[next(iter(lines)).split(": ")[0] + "-" + str(number) for number, (_, lines) in enumerate(CASES)],
)
def test_a_fault_is_told_by_path_and_sentence(tmp_path: Path, settings: dict[str, Any], lines: list[str]) -> None:
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, **settings)
    report = str(caught.value).splitlines()
    assert report[0] == "the settings of this stack have faults:"
    assert len(report) == len(lines) + 1, report
    for found, expected in zip(report[1:], lines, strict=True):
        assert found.startswith(f"  {expected}"), found


def test_all_faults_are_in_one_report_sorted(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, service="-x", image="a:1", boot={"limit": 0}, proxi={"a": 1})
    paths = [line.strip().split(":")[0] for line in str(caught.value).splitlines()[1:]]
    assert paths == ["boot.limit", "image", "proxi", "service"]


def test_no_value_of_a_secret_is_in_a_report(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        load(
            tmp_path,
            service="-x",
            secrets={"A": {"hunter2": "hunter2"}, "B": "nul\0hunter2"},
            registry={"username": "u", "password": "hunter2"},
        )
    assert "hunter2" not in str(caught.value).replace("secrets.A.hunter2", "")


def test_secrets_that_are_not_encrypted_are_refused(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").touch()
    raw = {key: value if isinstance(value, str) else json.dumps(value) for key, value in GOOD.items()}
    with pytest.raises(SettingsError, match="secrets: is in clear in the stack's file"):
        load_settings(raw | {"secrets": '{"A": "x"}'}, stack="prod", project_dir=tmp_path)


def test_hooks_with_unknown_names_or_without_the_run_bit_are_told(tmp_path: Path) -> None:
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    for name in ("pre-dploy", "pre-deploy", "pre-build.sample", "README.md"):
        (hooks / name).touch(0o644)
    with pytest.raises(SettingsError) as caught:
        load(tmp_path)
    report = str(caught.value)
    assert 'hooks.path (hooks/pre-dploy): has "pre-dploy", which is no hook; did you mean pre-deploy?' in report
    assert "hooks.path (hooks/pre-deploy): is not executable: chmod +x hooks/pre-deploy" in report
    assert len(report.splitlines()) == 3


def test_a_pinned_version_needs_no_dockerfile(tmp_path: Path) -> None:
    assert load(tmp_path, version="v1", builder={"context": "nowhere"}).version == "v1"
