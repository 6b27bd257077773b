"""Problems of `servers`: hosts and roles."""

from pathlib import Path
from typing import Any

import pytest

from tests.unit.settings.loading import as_list, problems, role

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHF1aXRlIG9idmlvdXNseSBub3QgYSByZWFsIGtleSEh"


PROBLEMS = [
    ({"servers": None}, "servers: is required"),
    ({"servers": []}, "servers.web.hosts: is empty; a role needs at least one host"),
    ({"servers": "192.0.2.1"}, 'servers: must be a list of hosts or a mapping of roles, not "192.0.2.1"'),
    ({"servers": {"web": "a"}}, 'servers.web: must be a list of hosts or a mapping with hosts, not "a"'),
    ({"servers": {"web": []}}, "servers.web.hosts: is empty; a role needs at least one host"),
    (
        {"servers": {"web": [], "job": ["a"]}, "allow_empty_roles": True},
        "servers.web.hosts: is empty; the primary role needs a host, also with allow_empty_roles",
    ),
    (
        {
            "servers": {"web": ["a"], "job": []},
            "allow_empty_roles": True,
            "release_task": {"cmd": "x", "role": "job"},
        },
        "servers.job.hosts: is empty, but the release task runs on a host of this role",
    ),
    ({"servers": ["192.0.2.1", "192.0.2.1"]}, "servers.web.hosts: contains 192.0.2.1 more than once"),
    ({"servers": ["A", "a"]}, "servers.web.hosts: contains a more than once"),
    ({"servers": ["a b"]}, 'servers.web.hosts[0]: must be a host name or an IP address, not "a b"'),
    ({"servers": ["a..b"]}, 'servers.web.hosts[0]: must be a host name or an IP address, not "a..b"'),
    ({"servers": ["192.0.2.256"]}, 'servers.web.hosts[0]: must be a host name or an IP address, not "192.0.2.256"'),
    ({"servers": ["fe80::1%eth0"]}, 'servers.web.hosts[0]: must be a host name or an IP address, not "fe80::1%eth0"'),
    (
        {"servers": ["a:22"]},
        'servers.web.hosts[0]: must be a host name or an IP address, not "a:22"; set the port in ssh.ports',
    ),
    (
        {"servers": ["root@a"]},
        'servers.web.hosts[0]: must be a host name or an IP address, not "root@a"; set the user in ssh.users',
    ),
    ({"servers": ["a.test."]}, 'servers.web.hosts[0]: must be a host name or an IP address, not "a.test."'),
    ({"servers": ["192.0.2.01"]}, 'servers.web.hosts[0]: must be a host name or an IP address, not "192.0.2.01"'),
    (
        {"servers": ["2001:db8::1", "2001:DB8:0:0::1"]},
        "servers.web.hosts: contains 2001:db8::1 more than once",
    ),
    (
        {"servers": ["::ffff:192.0.2.1", "192.0.2.1"]},
        "servers.web.hosts: contains 192.0.2.1 more than once",
    ),
    (
        {"servers": {"web": ["a", "B.test"], "job": ["b.test"]}},
        "servers.job.hosts[0]: b.test is the same host as B.test; spell it the same everywhere",
    ),
    (
        {
            "servers": ["2001:db8::1"],
            "ssh": {"users": {"2001:DB8::1": "me"}, "ports": {"2001:db8:0::1": 22}, "host_keys": {"2001:0db8::1": KEY}},
        },
        [
            "ssh.host_keys.2001:0db8::1: 2001:0db8::1 is the same host as 2001:db8::1; spell it the same everywhere",
            "ssh.ports.2001:db8:0::1: 2001:db8:0::1 is the same host as 2001:db8::1; spell it the same everywhere",
            "ssh.users.2001:DB8::1: 2001:DB8::1 is the same host as 2001:db8::1; spell it the same everywhere",
        ],
    ),
    (
        {"servers": ["a", {"b": "x", "c": "y"}]},
        'servers.web.hosts[1]: must be HOST or, in the hosts of a role, HOST: TAG, not {"b": "x", "c": "y"}',
    ),
    (
        {"servers": [{"a": 1}]},
        'servers.web.hosts[0]: must be HOST or, in the hosts of a role, HOST: TAG, not {"a": 1}',
    ),
    (
        {"servers": [{"a": "a tag"}]},
        "servers.web.tags.a[0]: is not a valid name for a tag; use letters, digits, - and _, starting with a letter or digit",
    ),
    ({"servers": {"web": {"hosts": ["a"], "tags": {"b": ["x"]}}}}, "servers.web: has tags of b, which is not in hosts"),
    (
        {"servers": [{"a": "x"}, {"b": ["y"]}], "env": {"tags": {"z": {"A": 1}}}},
        "env.tags.z: no host has this tag; tags are x, y. Write it beside a host of a role: HOST: z",
    ),
    (
        {"servers": [{"a": "x"}], "env": {"tags": {"x": {"secret": ["NOPE"]}}}},
        "env.tags.x.secret[0]: the secret NOPE is not set; run pulumi config set --secret --path 'deploy:secrets.NOPE'",
    ),
    (
        {"servers": {"web server": ["a"]}},
        (
            "servers.web server: is not a valid name for a role; "
            "use at most 30 letters, digits, - and _, starting with a letter or digit"
        ),
    ),
    ({"servers": {"a": ["x"], "b": ["x"]}}, 'primary_role: "web" is not one of the roles: a, b'),
    ({"primary_role": "wob"}, 'primary_role: "wob" is not one of the roles: web'),
    (
        role(strategy="stop-first"),
        (
            "servers.web.strategy: stop-first is only possible for a role without proxy; "
            "behind the proxy, the new container always starts first"
        ),
    ),
    (role(strategy="rolling"), 'servers.web.strategy: must be start-first or stop-first, not "rolling"'),
    (
        {"servers": {"web": ["a"], "api": {"hosts": ["a"], "proxy": True}}},
        "servers.api.proxy: gets all requests on a, and so does role web; give it its own host or path_prefix",
    ),
    (
        {
            "servers": {"web": ["a", "b"], "api": {"hosts": ["b"], "proxy": {"path_prefix": "/"}}},
            "proxy": {"hosts": ["x.test", "y.test"]},
        },
        [
            "servers.api.proxy: gets requests for x.test on b, and so does role web; give it its own host or path_prefix",
            "servers.api.proxy: gets requests for y.test on b, and so does role web; give it its own host or path_prefix",
        ],
    ),
    (
        {
            "servers": {
                "web": {"hosts": ["a"], "proxy": {"host": "Shop.test", "path_prefix": "/api/"}},
                "api": {"hosts": ["a"], "proxy": {"host": "shop.test", "path_prefix": "/api"}},
            }
        },
        "servers.api.proxy: gets requests for shop.test on a, and so does role web; give it its own host or path_prefix",
    ),
    (
        {"servers": {"web": ["a"], "api": {"hosts": ["A"], "proxy": True}}},
        [
            "servers.api.hosts[0]: A is the same host as a; spell it the same everywhere",
            "servers.api.proxy: gets all requests on A, and so does role web; give it its own host or path_prefix",
        ],
    ),
    (
        role(options={"publish": ["9000:9000", "9001"]}),
        (
            "servers.web.options.publish: 9000:9000 cannot be published by the new container while the old one runs; "
            "remove it (kamal-proxy routes requests to proxy.app_port), "
            "or publish it from a stop-first role without proxy"
        ),
    ),
    *(
        (
            {"servers": {"web": ["a"], "job": {"hosts": ["a"], "options": {"publish": published}}}},
            (
                f"servers.job.options.publish: {published} cannot be published by the new container "
                "while the old one runs; set strategy: stop-first"
            ),
        )
        for published in (
            "9000:9000/udp",
            "127.0.0.1:9000:9000",
            "[::1]:9000:9000",
            "9000-9001:9000-9001",
            "published=9000,target=9000",
        )
    ),
    (
        role(options={"p": "80:80"}),
        "servers.web.options.p: is not a long option name of `docker run` without its dashes, such as memory",
    ),
    (role(proxy="yes"), 'servers.web.proxy: must be true, false or a mapping, not "yes"'),
    (role(proxy={"host": "x", "hosts": ["y"]}), "servers.web.proxy: has both host and hosts; set only one of them"),
    (
        role(proxy={"run": {}}),
        "servers.web.proxy: has run, which applies to the whole host; set it in the app's proxy.run",
    ),
    (role(proxy={"app_port": "x"}), 'servers.web.proxy.app_port: must be an integer, not "x"'),
    (role(options={"env": "A=1"}), "servers.web.options.env: cannot be set: use env.clear"),
    (
        role(options={"name": "x", "net": "y", "Memory": 1}),
        [
            (
                "servers.web.options.Memory: "
                "is not a long option name of `docker run` without its dashes, such as memory"
            ),
            "servers.web.options.name: cannot be set: containers are named after service, role and version",
            "servers.web.options.net: cannot be set: apps and kamal-proxy share the network kamal",
        ],
    ),
    (
        role(options={"restart": "sometimes"}),
        'servers.web.options: restart must be no, always, unless-stopped or on-failure[:N], not "sometimes"',
    ),
    (role(labels={"service": "x"}), "servers.web.labels.service: cannot be set: the deploy sets this label itself"),
    (
        role(labels={"a b": "x"}),
        "servers.web.labels.a b: is not a valid name for a label; use letters, digits and . _ / -",
    ),
    (role(cmd="it's"), "servers.web.cmd: cannot be split into words (No closing quotation): it's"),
    (
        role(cmd=["x", "a\0b"]),
        "servers.web.cmd[1]: must not contain a NUL character",
    ),
]


@pytest.mark.parametrize(("settings", "expected"), PROBLEMS)
def test_a_problem_is_reported_by_path_and_message(
    tmp_path: Path, settings: dict[str, Any], expected: str | list[str]
) -> None:
    assert problems(tmp_path, **settings) == as_list(expected)


def test_invalid_roles_are_reported_once_and_keys_that_refer_to_them_are_not(tmp_path: Path) -> None:
    reported = problems(tmp_path, servers={"job": []}, primary_role="job", release_task={"cmd": "x", "role": "job"})
    assert reported == ["servers.job.hosts: is empty; a role needs at least one host"]
