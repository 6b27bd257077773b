"""Every fault of the settings is told by its path, with what was found and what is expected."""

import json
from pathlib import Path
from typing import Any

import pytest

from components.errors import SettingsError
from components.settings import Settings, load_settings

GOOD: dict[str, Any] = {"service": "shop", "image": "acme/shop", "servers": ["192.0.2.1"]}


def load(project: Path, **settings: Any) -> Settings:
    """Load `settings` over good ones, as Pulumi hands them over; None leaves a key out."""
    (project / "Dockerfile").touch()
    raw = {
        key: value if isinstance(value, str) else json.dumps(value)
        for key, value in (GOOD | settings).items()
        if value is not None
    }
    return load_settings(raw, stack="prod", secret_keys=["secrets"], project_dir=project)


CASES: list[tuple[dict[str, Any], list[str]]] = [
    ({"service": None}, ["service: is missing"]),
    (
        {"service": "-x"},
        ['service: should be letters, digits, - and _ (40 at most, a letter or digit in front), found "-x"'],
    ),
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
    (
        {"servers": {"web server": ["a"]}},
        ["servers.web server: is no name of a role: letters, digits, - and _ (30 at most, a letter or digit in front)"],
    ),
    ({"servers": {"a": ["x"], "b": ["x"]}}, ['primary_role: is "web", which is none of the roles: a, b']),
    (
        {"servers": {"web": {"hosts": ["a"], "strategy": "stop-first"}}},
        [
            (
                "servers.web.strategy: is stop-first, which only a role without proxy can have: "
                "behind the proxy nothing is stopped first"
            )
        ],
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
        ["servers.web.options.env: cannot be set: use env.clear"],
    ),
    (
        {"servers": {"web": {"hosts": ["a"], "options": {"restart": "sometimes"}}}},
        ['servers.web.options: has restart "sometimes": it should be no, always, unless-stopped or on-failure[:N]'],
    ),
    (
        {"servers": {"web": {"hosts": ["a"], "labels": {"service": "x"}}}},
        ["servers.web.labels.service: cannot be set: the deploy sets it itself"],
    ),
    (
        {"servers": {"web": {"hosts": ["a"], "cmd": "it's"}}},
        ["servers.web.cmd: cannot be split into words (No closing quotation): it's"],
    ),
    ({"prxy": {"x": 1}}, ["prxy: is not a known key; did you mean proxy?"]),
    ({"accessories": {"x": 1}}, ["accessories: is not supported yet: run databases and the like beside this program"]),
    ({"hooks_path": "h"}, ["hooks_path: is hooks.path here"]),
    ({"builder": {"arch": "amd64"}}, ["builder.arch: is builder.platform here: amd64 is linux/amd64"]),
    ({"builder": {"platform": "amd64"}}, ['builder.platform: should have the form linux/amd64, found "amd64"']),
    ({"builder": {"context": "nowhere"}}, ['builder.context: is "nowhere", which is no folder']),
    ({"builder": {"dockerfile": "Other"}}, ['builder.dockerfile: is "Other", which is not there in PROJECT']),
    ({"proxy": {"app_port": "http"}}, ['proxy.app_port: should be a whole number, found "http"']),
    ({"proxy": {"app_port": 70000}}, ["proxy.app_port: should be 65535 or less, found 70000"]),
    (
        {"proxy": {"ssl": True}},
        ["proxy.ssl: is not supported yet. Terminate TLS before the hosts (a load balancer), and leave it off"],
    ),
    ({"proxy": {"host": "a", "hosts": ["b"]}}, ["proxy: has both host and hosts: give one of them"]),
    ({"proxy": {"forward_headers": "perhaps"}}, ['proxy.forward_headers: should be true or false, found "perhaps"']),
    (
        {"registry": {"username": "u", "password": "hunter2"}},
        [
            (
                "registry.password: is in clear. Put it among the secrets "
                "(pulumi config set --secret --path 'secrets.NAME') and give its name as a list: [NAME]"
            )
        ],
    ),
    ({"registry": {"username": "u"}}, ["registry: needs username and password, or neither of them"]),
    (
        {"registry": {"server": "https://ghcr.io"}},
        [
            (
                "registry.server: should be a host name with or without a port (ghcr.io, 10.0.0.5:5000), "
                'found "https://ghcr.io"'
            )
        ],
    ),
    (
        {"registry": {"username": "u", "password": ["PASS"]}},
        ["registry.password[0]: PASS is not set; pulumi config set --secret --path 'secrets.PASS'"],
    ),
    ({"env": {"secret": ["DB"]}}, ["env.secret[0]: DB is not set; pulumi config set --secret --path 'secrets.DB'"]),
    ({"env": {"clear": {"A": 1}, "B": 2}}, ["env: mixes clear and secret with variables: move B into clear"]),
    ({"env": {"KAMAL_X": "1"}}, ["env.clear.KAMAL_X: cannot be set: names with KAMAL_ are given by the deploy itself"]),
    ({"env": {"A-B": "1"}}, ["env.clear.A-B: is no name of a variable: letters, digits and _ only, no digit in front"]),
    ({"env": {"clear": {"A": "1"}, "secret": ["A"]}}, ["env: has A both in clear and in secret"]),
    (
        {"ssh": {"host_keys": {"a": "AAAA"}}},
        ['ssh.host_keys.a: should be a public key as `ssh-keyscan` shows it (ssh-ed25519 AAAA…), found "AAAA"'],
    ),
    ({"ssh": {"proxy": "a b"}}, ['ssh.proxy: should have the form [user@]host[:port], found "a b"']),
    (
        {"ssh": {"keys": ["x"]}},
        ["ssh.keys: is not supported: add the key to the SSH agent (ssh-add), or use ssh.key_data"],
    ),
    (
        {"boot": {"limit": 0}},
        ['boot.limit: should be a number of hosts from 1, or a share of them as "25%", found 0'],
    ),
    (
        {"boot": {"limit": "0%"}},
        ['boot.limit: should be a number of hosts from 1, or a share of them as "25%", found "0%"'],
    ),
    (
        {"hooks": {"run_on": {"pre-dploy": "each"}}},
        ["hooks.run_on.pre-dploy: is no hook; did you mean pre-deploy?"],
    ),
    (
        {"hooks": {"run_on": {"pre-build": "each"}}},
        ["hooks.run_on: has pre-build on a host: it always runs on the deployer"],
    ),
    (
        {"hooks": {"secrets": {"pre-deploy": ["X"]}}},
        ["hooks.secrets.pre-deploy[0]: X is not set; pulumi config set --secret --path 'secrets.X'"],
    ),
    ({"release_task": {"role": "web"}}, ["release_task.cmd: is missing"]),
    ({"release_task": {"cmd": "x", "role": "job"}}, ['release_task.role: is "job", which is none of the roles']),
    ({"deploy_timeout": "soon"}, ['deploy_timeout: should be a whole number, found "soon"']),
    ({"retain_containers": "0"}, ["retain_containers: should be 1 or more, found 0"]),
    # Hosts.
    ({"servers": "192.0.2.1"}, ['servers: should be a list of hosts, or a map of roles, found "192.0.2.1"']),
    ({"servers": {"web": "a"}}, ['servers.web: should be a list of hosts, or a map with hosts, found "a"']),
    (
        {"servers": ["192.0.2.256"]},
        ['servers.web.hosts[0]: should be a host name or an IP address, found "192.0.2.256"'],
    ),
    ({"servers": ["a..b"]}, ['servers.web.hosts[0]: should be a host name or an IP address, found "a..b"']),
    (
        {"servers": ["a:22", "root@a"]},
        [
            'servers.web.hosts[0]: should be a host name or an IP address, found "a:22"; its port goes into ssh.ports',
            'servers.web.hosts[1]: should be a host name or an IP address, found "root@a"; its user goes into ssh.users',
        ],
    ),
    (
        {"servers": ["fe80::1%eth0"]},
        ['servers.web.hosts[0]: should be a host name or an IP address, found "fe80::1%eth0"'],
    ),
    ({"servers": [{"a": "tag"}]}, ["servers.web.hosts[0]: has tags, which are not supported yet: use roles"]),
    ({"servers": ["A", "a"]}, ["servers.web.hosts: has a more than once"]),
    # Roles.
    ({"primary_role": "wob"}, ['primary_role: is "wob", which is none of the roles: web']),
    (
        {"servers": {"web": {"hosts": ["a"], "proxy": "yes"}}},
        ['servers.web.proxy: should be true, false or a map, found "yes"'],
    ),
    (
        {"servers": {"web": {"hosts": ["a"], "proxy": {"host": "x", "hosts": ["y"]}}}},
        ["servers.web.proxy: has both host and hosts: give one of them"],
    ),
    (
        {"servers": {"web": {"hosts": ["a"], "proxy": {"run": {}}}}},
        ["servers.web.proxy: has run, which is about the whole host: set it in the app's proxy.run"],
    ),
    (
        {"servers": {"web": {"hosts": ["a"], "strategy": "rolling"}}},
        ['servers.web.strategy: should be one of start-first or stop-first, found "rolling"'],
    ),
    (
        {"servers": {"web": {"hosts": ["a"], "options": {"name": "x", "net": "y", "Memory": 1}}}},
        [
            "servers.web.options.Memory: is no long name of a `docker run` option, without its dashes, as memory",
            "servers.web.options.name: cannot be set: containers are named after service, role and version",
            "servers.web.options.net: cannot be set: apps and kamal-proxy share the network kamal",
        ],
    ),
    ({"servers": {"web": {"hosts": ["a"], "volumes": ["x:/x"]}}}, ["servers.web.volumes: is options.volume here"]),
    (
        {"servers": {"web": {"hosts": ["a"], "labels": {"a b": "x"}}}},
        ["servers.web.labels.a b: is no name of a label: letters, digits and . _ / - only"],
    ),
    (
        {"servers": {"web": {"hosts": ["a"], "cmd": ["x", "a\0b"]}}},
        ["servers.web.cmd[1]: holds a NUL character, which no environment and no argument can"],
    ),
    # A key that is known to Kamal.
    ({"env": {"tags": {"a": {"B": "1"}}}}, ["env.tags: is not supported yet: use roles"]),
    ({"proxy": {"ssl_redirect": True}}, ["proxy.ssl_redirect: is not supported yet: terminate TLS before the hosts"]),
    (
        {"servers": {"web": {"hosts": ["a"], "proxy": {"healthcheck": {"port": 1}}}}},
        ["servers.web.proxy.healthcheck.port: is not supported: the probe goes to proxy.app_port"],
    ),
    ({"traefik": {"a": 1}}, ["traefik: is proxy since Kamal 2"]),
    # Proxy.
    (
        {"proxy": "false"},
        ["proxy: should be a map: whether a role is behind the proxy is said by servers.ROLE.proxy"],
    ),
    (
        {"proxy": {"host": "a.test,b.test"}},
        [
            (
                'proxy.host: should be a host name, as shop.example.com or *.example.com, found "a.test,b.test"; '
                "several go into hosts, as a list"
            )
        ],
    ),
    ({"proxy": {"app_port": [80]}}, ["proxy.app_port: should be a whole number, found [80]"]),
    ({"proxy": {"path_prefix": "api"}}, ['proxy.path_prefix: should begin with / and have no blanks, found "api"']),
    ({"proxy": {"response_timeout": 0}}, ["proxy.response_timeout: should be 1 or more, found 0"]),
    (
        {"proxy": {"ssl": {"certificate_pem": "C"}}},
        ["proxy.ssl: is not supported yet. Terminate TLS before the hosts (a load balancer), and leave it off"],
    ),
    ({"proxy": {"run": {"http_port": 443}}}, ["proxy.run: has 443 as http_port and as https_port: give each its own"]),
    (
        {"proxy": {"run": {"registry": "https://x", "version": "a b", "log_max_size": "lots"}}},
        [
            'proxy.run.log_max_size: should be a size, as 10m, found "lots"',
            'proxy.run.registry: should be a host name with or without a port, found "https://x"',
            'proxy.run.version: should be a tag, as v0.9.2, found "a b"',
        ],
    ),
    # Registry and build.
    (
        {"registry": {"server": "ghcr.io:99999"}},
        [
            'registry.server: should be a host name with or without a port (ghcr.io, 10.0.0.5:5000), found "ghcr.io:99999"'
        ],
    ),
    (
        {"registry": {"username": ["A", "B"]}},
        ['registry.username: should be a text, or a list with the name of one secret, found ["A", "B"]'],
    ),
    (
        {"registry": {"username": "u", "password": ["A", "B"]}},
        ["registry.password: should be a list with the name of one secret: [NAME]"],
    ),
    (
        {"registry": {"username": ["USER"], "password": ["PASS"]}},
        [
            "registry.password[0]: PASS is not set; pulumi config set --secret --path 'secrets.PASS'",
            "registry.username[0]: USER is not set; pulumi config set --secret --path 'secrets.USER'",
        ],
    ),
    (
        {"builder": {"args": {"KAMAL_VERSION": "2"}}},
        ["builder.args.KAMAL_VERSION: cannot be set: names with KAMAL_ are given by the deploy itself"],
    ),
    (
        {"builder": {"dockerfile": "../Dockerfile"}},
        ['builder.dockerfile: is "../Dockerfile", which is not in the build context'],
    ),
    # SSH.
    (
        {"ssh": {"user": "a b", "users": {"h": ""}}},
        ['ssh.user: should be the name of a user, found "a b"', 'ssh.users.h: should be the name of a user, found ""'],
    ),
    ({"ssh": {"proxy": "jump:99999"}}, ['ssh.proxy: should have the form [user@]host[:port], found "jump:99999"']),
    (
        {"ssh": {"host_keys": {"h": "ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIHF1aXRlIG9idmlvdXNseSBub3QgYSByZWFsIGtleSEh"}}},
        [
            (
                "ssh.host_keys.h: should be a public key as `ssh-keyscan` shows it (ssh-ed25519 AAAA…), "
                'found "ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIHF1aXRlIG9idmlvdXNseSBu…'
            )
        ],
    ),
    (
        {"ssh": {"key_data": "-----BEGIN"}},
        [
            "ssh.key_data: is in clear. Put it among the secrets (pulumi config set --secret --path 'secrets.NAME') and give its name as a list: [NAME]"
        ],
    ),
    (
        {"ssh": {"key_data": ["KEY"]}},
        ["ssh.key_data[0]: KEY is not set; pulumi config set --secret --path 'secrets.KEY'"],
    ),
    ({"ssh": {"connect_timeout": 0}}, ["ssh.connect_timeout: should be 1 or more, found 0"]),
    # Environment and secrets.
    ({"env": {"A": None}}, ["env.clear.A: should be a text, found nothing"]),
    ({"env": {"A": {"b": 1}}}, ['env.clear.A: should be a text, found {"b": 1}']),
    ({"env": {"A": "a\0b"}}, ["env.clear.A: holds a NUL character, which no environment and no argument can"]),
    ({"env": {"secret": {"A": "hunter2"}}}, ["env.secret: should be a list of names of secrets"]),
    ({"env": {"secret": ["A:X", "A:Y"]}}, ["env.secret: has A more than once"]),
    (
        {"env": {"secret": ["KAMAL_X"]}},
        ["env.secret.KAMAL_X: cannot be set: names with KAMAL_ are given by the deploy itself"],
    ),
    (
        {"servers": {"web": {"hosts": ["a"], "env": {"secret": ["S"]}}}},
        ["servers.web.env.secret[0]: S is not set; pulumi config set --secret --path 'secrets.S'"],
    ),
    ({"secrets": ["hunter2"]}, ["secrets: should be a map of names to texts"]),
    ({"secrets": {"A": None, "B": {"hunter2": 1}}}, ["secrets.A: should be a text", "secrets.B: should be a text"]),
    # Hooks and times.
    ({"hooks": {"path": "nowhere"}}, ['hooks.path: is "nowhere", which is no folder']),
    (
        {"hooks": {"run_on": {"pre-deploy": "all"}}},
        ['hooks.run_on.pre-deploy: should be one of primary, each or deployer, found "all"'],
    ),
    (
        {"hooks": {"secrets": {"pre-deploy": ["db-password"]}}},
        ["hooks.secrets.pre-deploy[0]: is no name of a variable: letters, digits and _ only, no digit in front"],
    ),
    ({"release_task": {"cmd": ""}}, ["release_task.cmd: should have 1 or more entries, found []"]),
    ({"deploy_timeout": 0}, ["deploy_timeout: should be 1 or more, found 0"]),
    ({"drain_timeout": 1.5}, ["drain_timeout: should be a whole number, found 1.5"]),
    ({"drain_timeout": 100000}, ["drain_timeout: should be 86400 or less, found 100000"]),
    (
        {"destination": "a b"},
        ['destination: should be letters, digits, - and _ (40 at most, a letter or digit in front), found "a b"'],
    ),
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
    assert [line.strip().replace(str(tmp_path), "PROJECT") for line in report[1:]] == lines


def test_what_hangs_on_several_keys_and_on_files_is_in_the_same_report(tmp_path: Path) -> None:
    """A bad name hides neither a secret that is not set, nor a Dockerfile that is missing, nor a role that is not there."""
    with pytest.raises(SettingsError) as caught:
        load(
            tmp_path,
            service="-x",
            env={"secret": ["DB"]},
            builder={"dockerfile": "Other"},
            release_task={"cmd": "x", "role": "job"},
        )
    paths = [line.strip().split(":")[0] for line in str(caught.value).splitlines()[1:]]
    assert paths == ["builder.dockerfile", "env.secret[0]", "release_task.role", "service"]


def test_faulty_roles_are_told_once_and_not_blamed_on_others(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, servers={"job": []}, primary_role="job", release_task={"cmd": "x", "role": "job"})
    assert str(caught.value).splitlines()[1:] == ["  servers.job.hosts: is empty: a role needs at least one host"]


def test_a_stacks_name_that_is_no_destination_is_told_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").touch()
    raw = {key: value if isinstance(value, str) else json.dumps(value) for key, value in GOOD.items()}
    with pytest.raises(SettingsError) as caught:
        load_settings(raw, stack="eu.prod", project_dir=tmp_path)
    assert str(caught.value).splitlines()[1:] == [
        (
            "  destination: should be letters, digits, - and _ (40 at most, a letter or digit in front), "
            'found "eu.prod": it is the stack\'s name unless set (pulumi config set destination NAME)'
        )
    ]
    assert load_settings(raw | {"destination": "eu"}, stack="eu.prod", project_dir=tmp_path).destination == "eu"


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


def test_a_value_that_was_encrypted_outside_of_secrets_is_refused_and_not_shown(tmp_path: Path) -> None:
    """It would end up in the state and in previews in clear."""
    (tmp_path / "Dockerfile").touch()
    raw = {key: value if isinstance(value, str) else json.dumps(value) for key, value in GOOD.items()}
    raw |= {"env": json.dumps({"A": {"x": "hunter2"}}), "servers": "hunter2"}
    with pytest.raises(SettingsError) as caught:
        load_settings(raw, stack="prod", secret_keys=["env", "servers"], project_dir=tmp_path)
    sentence = (
        "holds an encrypted value, but secrets alone stays secret; put the value there "
        "(pulumi config set --secret --path 'secrets.NAME') and give its name, as in env.secret"
    )
    assert str(caught.value).splitlines()[1:] == [f"  env: {sentence}", f"  servers: {sentence}"]


def test_hooks_with_unknown_names_or_without_the_run_bit_are_told(tmp_path: Path) -> None:
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    for name in ("pre-dploy", "pre-deploy", "pre-build.sample", "README.md"):
        (hooks / name).touch(0o644)
    with pytest.raises(SettingsError) as caught:
        load(tmp_path)
    report = str(caught.value)
    assert "hooks.path (hooks/pre-dploy): is no hook; did you mean pre-deploy?" in report
    assert "hooks.path (hooks/pre-deploy): is not executable: chmod +x hooks/pre-deploy" in report
    assert len(report.splitlines()) == 3


def test_a_pinned_version_needs_no_dockerfile(tmp_path: Path) -> None:
    assert load(tmp_path, version="v1", builder={"context": "nowhere"}).version == "v1"
