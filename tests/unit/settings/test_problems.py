"""Each problem of the settings is reported with its path, what was found and what is expected."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from components.errors import SettingsError
from components.settings import load_settings
from tests.unit.settings.loading import VALID, load, problems, raw_config, report_lines


def role(**settings: Any) -> dict[str, Any]:
    """Return `servers` with the role web on one host."""
    return {"servers": {"web": {"hosts": ["a"], **settings}}}


APP = [
    ({"service": None}, "service: is required"),
    (
        {"service": "-x"},
        'service: "-x" is not a valid name; use at most 40 letters, digits, - and _, starting with a letter or digit',
    ),
    (
        {"destination": "a b"},
        'destination: "a b" is not a valid name; use at most 40 letters, digits, - and _, starting with a letter or digit',
    ),
    ({"image": "acme/shop:1"}, 'image: "acme/shop:1" must not contain a tag; the deployed version becomes the tag'),
    (
        {"version": "v1@sha256:12"},
        'version: "v1@sha256:12" has no valid digest; after @ comes sha256: and 64 digits from 0 to f',
    ),
    ({"skip_hosts": ["nowhere"]}, "skip_hosts[0]: nowhere is not one of the hosts: 192.0.2.1"),
    (
        {"servers": {"web": ["a"], "worker": ["a", "b"]}, "skip_hosts": ["a"]},
        "skip_hosts: leaves no host of role web, which the deploy needs",
    ),
    (
        {
            "servers": {"web": ["a"], "worker": ["b"]},
            "release_task": {"cmd": "x", "role": "worker"},
            "skip_hosts": ["b"],
        },
        "skip_hosts: leaves no host of role worker, which the deploy needs",
    ),
    (
        {"image": "acme/shop@sha256:00"},
        'image: "acme/shop@sha256:00" must not contain a digest; the deploy looks it up',
    ),
    (
        {"image": "ghcr.io/acme/shop"},
        'image: "ghcr.io/acme/shop" must not contain the server; set it in registry.server',
    ),
    (
        {"image": "Acme/shop"},
        'image: "Acme/shop" is not a valid repository; it must be in lower case, such as acme/shop',
    ),
    (
        {"version": "a b"},
        'version: "a b" is not a valid tag; use at most 128 letters, digits, _, . and -, starting with a letter, digit or _',
    ),
    ({"source": "dirty"}, 'source: must be commit, strict or worktree, not "dirty"'),
    ({"deploy_timeout": "soon"}, 'deploy_timeout: must be an integer, not "soon"'),
    ({"deploy_timeout": 0}, "deploy_timeout: must be at least 1, not 0"),
    ({"drain_timeout": 1.5}, "drain_timeout: must be an integer, not 1.5"),
    ({"drain_timeout": 100000}, "drain_timeout: must be at most 86400, not 100000"),
    ({"retain_containers": "0"}, "retain_containers: must be at least 1, not 0"),
]

UNKNOWN_KEYS = [
    ({"prxy": {"x": 1}}, "prxy: is not a known key; did you mean proxy?"),
    ({"registry.x": "1"}, "registry.x: is not a known key; did you mean registry?"),
    ({"boot": {"x": 1}}, "boot.x: is not a known key; use limit, wait, candidates, parallel_roles"),
    (role(proxy={"healthchek": {}}), "servers.web.proxy.healthchek: is not a known key; did you mean healthcheck?"),
    ({"hooks_path": "h"}, "hooks_path: use hooks.path instead"),
    ({"traefik": {"a": 1}}, "traefik: use proxy instead, as in Kamal 2"),
    (role(env={"tags": {}}), "servers.web.env.tags: is only possible in the app's env, as in Kamal"),
    (
        {"builder": {"pack": {}}},
        (
            "builder.pack: is not supported: the image is built from a Dockerfile. Build with pack in CI, with the labels service "
            "and org.opencontainers.image.version, push the image, and deploy that version (deploy:version)"
        ),
    ),
    (
        role(proxy={"healthcheck": {"prt": 1}}),
        "servers.web.proxy.healthcheck.prt: is not a known key; did you mean port?",
    ),
    (
        {"ssh": {"keys": ["x"]}},
        (
            "ssh.keys: is not supported: a key from a file of yours would be a change in the next person's deploy. "
            "Add it to the SSH agent (ssh-add FILE), or share one key as a secret (ssh.key_data)"
        ),
    ),
    (
        {"ssh": {"proxy_command": "nc %h %p"}},
        (
            "ssh.proxy_command: is not supported: Pulumi's command plugin has an SSH client of its own, "
            "which starts no command. Use a jump host (ssh.proxy)"
        ),
    ),
]

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHF1aXRlIG9idmlvdXNseSBub3QgYSByZWFsIGtleSEh"

HOSTS = [
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
]


def accessory(**settings: Any) -> dict[str, Any]:
    """Return `accessories` with the accessory db, which runs on the host of the role web."""
    return {"accessories": {"db": {"image": "postgres:16", "role": "web", **settings}}}


ACCESSORIES = [
    ({"accessories": {"x": 1}}, "accessories.x: must be a mapping, not 1"),
    (
        {"accessories": {"a b": {"image": "redis:7", "role": "web"}}},
        (
            "accessories.a b: is not a valid name for an accessory; use at most 30 letters, digits, - and _, starting with a "
            "letter or digit"
        ),
    ),
    (accessory(image="redis"), 'accessories.db.image: "redis" has no tag; name one, such as redis:7.4, or a digest'),
    (
        accessory(image="Redis 7"),
        'accessories.db.image: must be an image such as redis:7.4 or redis:7.4@sha256:…, not "Redis 7"',
    ),
    (
        accessory(host="a"),
        "accessories.db: must have one of host, hosts, role, roles, tag and tags; it has host and role",
    ),
    (
        {"accessories": {"db": {"image": "redis:7"}}},
        "accessories.db: must have one of host, hosts, role, roles, tag and tags; it has none of them",
    ),
    (accessory(role="job"), 'accessories.db.role: "job" is not one of the roles: web'),
    (
        {**accessory(role=None, tag="x"), "servers": [{"a": "y"}]},
        'accessories.db.tag: no host has the tag "x"; tags are y',
    ),
    *(
        (
            accessory(port=port),
            "accessories.db.port: must be a port (5432), HOST_PORT:PORT or ADDRESS:HOST_PORT:PORT, in quotes, not "
            + json.dumps(port),
        )
        for port in ("http", "70000", "a:1:2", "1.2.3.4:5432", "::1:1:2", True)
    ),
    (
        accessory(files=["my.cnf.erb:/etc/my.cnf"]),
        (
            'accessories.db.files[0].local: "my.cnf.erb" is a template, which is not evaluated here; commit the file itself, and '
            "pass what differs between stacks in env"
        ),
    ),
    (accessory(files=["gone.cnf:/etc/my.cnf"]), 'accessories.db.files[0]: there is no file "gone.cnf" in PROJECT'),
    (
        accessory(files=["Dockerfile"]),
        'accessories.db.files[0]: must be LOCAL:REMOTE, LOCAL:REMOTE:OPTIONS or a mapping, not "Dockerfile"',
    ),
    (
        accessory(files=[{"local": "Dockerfile", "remote": "/d", "mode": 384}]),
        'accessories.db.files[0].mode: must be a mode in quotes such as "0600", not 384',
    ),
    (
        accessory(files=[{"local": "Dockerfile", "remote": "/d", "owner": "a b"}]),
        'accessories.db.files[0].owner: must be a user, or user and group, such as "999" or "redis:redis", not "a b"',
    ),
    (
        accessory(directories=["../data:/data"]),
        'accessories.db.directories[0]: has local "../data", which must be a folder below the accessory\'s, or absolute',
    ),
    (
        accessory(directories=["data:data"]),
        'accessories.db.directories[0].remote: must be an absolute path in the container, not "data"',
    ),
    (
        accessory(volumes=["/data"]),
        'accessories.db.volumes[0]: "/data" names no volume; the data in it would be lost with the container',
    ),
    (
        accessory(network="other", proxy={"host": "db.test"}),
        "accessories.db: has a proxy, but kamal-proxy is not in its network other; leave network out",
    ),
    (accessory(proxy=True), "accessories.db.proxy: must be a mapping, not true"),
    (
        accessory(proxy={"run": {}}),
        "accessories.db.proxy: has run, which applies to the whole host; set it in the app's proxy.run",
    ),
    (accessory(proxy={"hst": "x"}), "accessories.db.proxy.hst: is not a known key; did you mean host?"),
    *(
        (accessory(proxy=proxy), f"accessories.db.proxy.{problem}")
        for proxy, problem in (
            (
                {"ssl": True, "host": "*.db.test"},
                "ssl: cannot be true for *.db.test: kamal-proxy gets no certificates for wildcards. Name each host",
            ),
            (
                {"ssl": True, "host": "db.test", "path_prefix": "/db"},
                (
                    "ssl: cannot be set where only /db is served: kamal-proxy takes HTTPS from the role or accessory that "
                    "serves all paths of the host name. Set ssl there"
                ),
            ),
            (
                {"host": "db.test", "canonical_host": "www.db.test"},
                "canonical_host: www.db.test is not one of the host names that are served; add it to hosts",
            ),
        )
    ),
    (
        {"proxy": {"host": "shop.test"}, **accessory(proxy={"ssl": True})},
        "accessories.db.proxy.ssl: needs host or hosts: a certificate is for the names in it",
    ),
    (
        accessory(proxy={"host": "db.test", "ssl": {"certificate_pem": ["CERT"], "private_key_pem": ["KEY"]}}),
        [
            (
                "accessories.db.proxy.ssl.certificate_pem: the secret CERT is not set; run pulumi config set --secret --path "
                "'deploy:secrets.CERT'"
            ),
            (
                "accessories.db.proxy.ssl.private_key_pem: the secret KEY is not set; run pulumi config set --secret --path "
                "'deploy:secrets.KEY'"
            ),
        ],
    ),
    (
        {"servers": ["a", "b"], **accessory(proxy={"host": "db.test", "ssl": True})},
        (
            "accessories.db.proxy.ssl: cannot be true for accessory db on 2 hosts: Let's Encrypt checks a name at one of them, "
            "and the others would have no certificate. Use one host, set ssl.certificate_pem and ssl.private_key_pem to a "
            "certificate of your own, or terminate TLS in front of the hosts (with a load balancer) and leave ssl off"
        ),
    ),
    (
        {
            "servers": {"web": ["a"], "worker": ["b"]},
            "proxy": {"host": "shop.test", "ssl": True},
            **accessory(role="worker", proxy={"host": "shop.test", "ssl": True}),
        },
        (
            "accessories.db.proxy.ssl: would get a certificate for shop.test, and so would role web; Let's Encrypt reaches only "
            "one of them. Give each its own host"
        ),
    ),
    (accessory(imag="x"), "accessories.db.imag: is not a known key; did you mean image?"),
    (accessory(env={"tags": {}}), "accessories.db.env.tags: is only possible in the app's env, as in Kamal"),
    (
        accessory(env={"secret": ["NOPE"]}),
        "accessories.db.env.secret[0]: the secret NOPE is not set; run pulumi config set --secret --path 'deploy:secrets.NOPE'",
    ),
    (
        accessory(registry={"username": "me", "password": ["NOPE"]}),
        (
            "accessories.db.registry.password[0]: the secret NOPE is not set; run pulumi config set --secret --path "
            "'deploy:secrets.NOPE'"
        ),
    ),
    (
        accessory(service="kamal-proxy"),
        "accessories.db: would be called kamal-proxy, as kamal-proxy's container; set its service",
    ),
    (
        accessory(service="shop-web-prod"),
        "accessories.db: would be called shop-web-prod on 192.0.2.1, as is the route of role web; set its service",
    ),
    (
        {"accessories": {name: {"image": "redis:7", "role": "web", "service": "x"} for name in ("a", "b")}},
        "accessories.b: would be called x on 192.0.2.1, as is accessory a; set its service",
    ),
    (
        {"accessories": {name: {"image": "redis:7", "role": "web", "port": "6379"} for name in ("a", "b")}},
        "accessories.b.port: 6379 of 192.0.2.1 is the port of accessory a",
    ),
    (
        {"accessories": {"web": {"image": "redis:7", "role": "web"}}},
        "accessories.web: is also the name of a role; choose another name",
    ),
    (
        {"servers": {"db-accessory": ["a"]}, "accessories": {"db": {"image": "redis:7", "host": "a"}}},
        "accessories.db: cannot have this name beside a role called db-accessory",
    ),
    (
        accessory(proxy={}),
        "accessories.db.proxy: gets all requests on 192.0.2.1, and so does role web; give it its own host or path_prefix",
    ),
    (
        {"accessories": {"db": {"image": "redis:7", "hosts": ["B.test"]}}, "servers": ["b.test"]},
        "accessories.db.hosts[0]: B.test is the same host as b.test; spell it the same everywhere",
    ),
]

ROLES = [
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

CONTAINERS = [
    (
        {"labels": {"service": "x", "team": None}},
        [
            "labels.service: cannot be set: the deploy sets this label itself",
            "labels.team: must be a string, not null",
        ],
    ),
    *(
        (
            {"volumes": [volume]},
            "volumes[0]: must look like NAME:/path, /path/on/the/host:/path or one of these with :ro, not "
            + json.dumps(volume),
        )
        for volume in ("", "data", "data:app", "data:/a:ro:z")
    ),
    *(
        (
            role(volumes=[f"{source}:/a"]),
            (
                f'servers.web.volumes[0]: "{source}" must be the name of a volume, '
                "or a path on the host that starts with /"
            ),
        )
        for source in ("./data", "~/data", "$PWD/data", "a b")
    ),
    (
        {"volumes": ["first:/data"], **role(volumes=["second:/data/"], options={"volume": "third:/data:ro"})},
        [
            "servers.web.options.volume: mounts /data, and so does volumes[0]; mount one of them",
            "servers.web.volumes[0]: mounts /data/, and so does volumes[0]; mount one of them",
        ],
    ),
    *(
        (
            {"asset_path": path},
            (
                "asset_path[0]: must be the path of a folder in the image, such as /app/public/assets or "
                f"/app/public/assets:ro, not {json.dumps(path)}"
            ),
        )
        for path in ("public", "/", "/a/../b", "/a/")
    ),
    ({"asset_path": ["/a:ro,exec"]}, 'asset_path[0]: has options that are none of ro, rw, z and Z: "ro,exec"'),
    (
        {"asset_path": "/a:ro", **role(volumes=["data:/a"])},
        "asset_path[0]: mounts /a, and so does servers.web.volumes[0]; mount one of them",
    ),
    (
        {"servers": {"web": ["a"], "job": {"hosts": ["a"], "asset_path": "/a"}}},
        "servers.job.asset_path: is of no use: only a role that gets requests serves assets",
    ),
    (
        {"asset_path": "/a", "boot": {"limit": 1, "candidates": "group"}},
        (
            "boot.candidates: must be all with asset_path: until the candidate of a host has started, its old container "
            "does not have the assets of the new version, for which pages of other hosts ask"
        ),
    ),
    (
        {"logging": {"driver": "a b", "options": {"max size": 1}}},
        [
            'logging.driver: must be the name of a log driver of Docker, such as local, not "a b"',
            "logging.options.max size: is not a valid name for an option of a log driver, such as max-size",
        ],
    ),
    (
        {"logging": {"driver": "local"}, **role(options={"log-driver": "none", "log-opt": "mode=blocking"})},
        "servers.web.options.log-driver: is set in logging.driver, too; set it there only",
    ),
    (
        {"require_destination": True, "destination": "none"},
        "destination: is none, and require_destination is true; leave it out to use the stack's name",
    ),
]

PROXY = [
    ({"proxy": "false"}, "proxy: must be a mapping; turn the proxy of a role on or off with servers.ROLE.proxy"),
    ({"proxy": "web"}, 'proxy: must be a mapping, not "web"'),
    (
        {"proxy": {"host": "a.test,b.test"}},
        (
            'proxy.host: must be a host name such as shop.example.com or *.example.com, not "a.test,b.test"; '
            "list several names in hosts"
        ),
    ),
    ({"proxy": {"host": "a", "hosts": ["b"]}}, "proxy: has both host and hosts; set only one of them"),
    ({"proxy": {"hosts": "a"}}, 'proxy.hosts: must be a list, not "a"'),
    ({"proxy": {"app_port": "http"}}, 'proxy.app_port: must be an integer, not "http"'),
    ({"proxy": {"app_port": [80]}}, "proxy.app_port: must be an integer, not [80]"),
    ({"proxy": {"app_port": 70000}}, "proxy.app_port: must be at most 65535, not 70000"),
    ({"proxy": {"path_prefix": "api"}}, 'proxy.path_prefix: must start with / and contain no spaces, not "api"'),
    (
        {"proxy": {"host": "shop.test."}},
        'proxy.host: must be a host name such as shop.example.com or *.example.com, not "shop.test."',
    ),
    *(
        (
            {"proxy": {"healthcheck": {"path": path}}},
            (
                f'proxy.healthcheck.path: "{path}" must not contain ? or #: '
                "kamal-proxy would request them as %3F and %23, as part of the path"
            ),
        )
        for path in ("/up?full=1", "/up#top")
    ),
    *(
        (
            {"proxy": {"healthcheck": {"path": path}}},
            (
                f'proxy.healthcheck.path: "{path}" must have two hexadecimal digits after each %: '
                "kamal-proxy would request / in its place"
            ),
        )
        for path in ("/100%", "/%4x")
    ),
    *(
        (
            {"proxy": {"path_prefix": prefix}},
            (
                f'proxy.path_prefix: "{prefix}" must not contain ?, # or %: '
                "kamal-proxy compares it with the decoded path of a request, without the query"
            ),
        )
        for prefix in ("/api?v=1", "/api#v1", "/my%20api")
    ),
    *(
        (
            role(proxy={"path_prefix": prefix}),
            (
                f'servers.web.proxy.path_prefix: {json.dumps(prefix)} must not contain , or ": '
                "kamal-proxy would read it as a list of prefixes"
            ),
        )
        for prefix in ("/api,/admin", '/"api"')
    ),
    ({"proxy": {"response_timeout": 0}}, "proxy.response_timeout: must be at least 1, not 0"),
    ({"proxy": {"forward_headers": "perhaps"}}, 'proxy.forward_headers: must be true or false, not "perhaps"'),
    (
        {"proxy": {"path_prefix": "/a", "path_prefixes": ["/b"]}},
        "proxy: has both path_prefix and path_prefixes; set only one of them",
    ),
    (
        {"proxy": {"logging": {"request_headers": ["X-Id", "a b"]}}},
        'proxy.logging.request_headers[1]: "a b" is not a valid name of a header, such as X-Request-Id',
    ),
    (
        {"proxy": {"hosts": ["a.test"], "canonical_host": "b.test"}},
        "proxy.canonical_host: b.test is not one of the host names that are served; add it to hosts",
    ),
    ({"proxy": {"canonical_host": "*.test"}}, 'proxy.canonical_host: must be one host name, not "*.test"'),
    (
        {"proxy": {"run": {"bind_ips": ["eth0"]}}},
        'proxy.run.bind_ips[0]: must be an IP address such as 192.0.2.11, not "eth0"',
    ),
    (
        {"proxy": {"run": {"publish": False, "http_port": 8080}}},
        "proxy.run: has publish: false, and http_port, which only says where ports are published",
    ),
    (
        {"proxy": {"ssl": "letsencrypt"}},
        'proxy.ssl: must be true, false or a mapping with certificate_pem and private_key_pem, not "letsencrypt"',
    ),
    ({"proxy": {"ssl": {"certificate_pem": ["DB"]}, "host": "a.test"}}, "proxy.ssl.private_key_pem: is required"),
    (
        {"proxy": {"ssl": {"certificate_pem": "CERT", "private_key_pem": ["KEY"]}, "host": "a.test"}},
        [
            (
                "proxy.ssl.certificate_pem: the secret CERT is not set; run pulumi config set --secret --path "
                "'deploy:secrets.CERT'"
            ),
            (
                "proxy.ssl.private_key_pem: the secret KEY is not set; run pulumi config set --secret --path "
                "'deploy:secrets.KEY'"
            ),
        ],
    ),
    (
        role(proxy={"ssl": {"certificate_pem": ["DB"], "private_key_pem": "-----BEGIN PRIVATE KEY-----\nabc"}}),
        (
            "servers.web.proxy.ssl.private_key_pem: must be the name of a secret: [NAME]; store the text there "
            "(pulumi config set --secret --path 'deploy:secrets.NAME' <FILE)"
        ),
    ),
    ({"maintenance": ["soon"]}, 'maintenance: must be true, false or a message, not ["soon"]'),
    ({"maintenance": " "}, 'maintenance: must be true, false or a message, not " "'),
    ({"proxy": {"ssl": True}}, "proxy.ssl: needs host or hosts: a certificate is for the names in it"),
    (
        {"proxy": {"ssl": True, "host": "*.shop.test"}},
        "proxy.ssl: cannot be true for *.shop.test: kamal-proxy gets no certificates for wildcards. Name each host",
    ),
    (
        {"proxy": {"ssl": "true", "host": "shop.test"}, "servers": ["a", "b"]},
        (
            "proxy.ssl: cannot be true for role web on 2 hosts: Let's Encrypt checks a name at one of them, and the others "
            "would have no certificate. Use one host, set ssl.certificate_pem and ssl.private_key_pem to a certificate of "
            "your own, or terminate TLS in front of the hosts (with a load balancer) and leave ssl off"
        ),
    ),
    (
        role(proxy={"ssl": True, "host": "shop.test", "path_prefixes": ["/a", "/b"]}),
        (
            "servers.web.proxy.ssl: cannot be set where only /a, /b is served: kamal-proxy takes HTTPS from the role or "
            "accessory that serves all paths of the host name. Set ssl there"
        ),
    ),
    (
        {
            "proxy": {"ssl": True, "host": "shop.test"},
            "servers": {"web": ["a"], "api": {"hosts": ["b"], "proxy": {"ssl": True}}},
        },
        (
            "servers.api.proxy.ssl: would get a certificate for shop.test, and so would role web; Let's Encrypt reaches "
            "only one of them. Give each its own host"
        ),
    ),
    (
        {"proxy": {"run": {"http_port": 443}}},
        "proxy.run: has 443 as both http_port and https_port; the ports must differ",
    ),
    (
        {"proxy": {"run": {"registry": "https://x", "version": "a b", "log_max_size": "lots"}}},
        [
            'proxy.run.log_max_size: must be a size such as 10m, not "lots"',
            (
                "proxy.run.registry: must be a host name with or without a port (ghcr.io, 10.0.0.5:5000), "
                'not "https://x"'
            ),
            (
                'proxy.run.version: "a b" is not a valid tag; '
                "use at most 128 letters, digits, _, . and -, starting with a letter, digit or _"
            ),
        ],
    ),
]

IN_CLEAR = (
    "must not be in clear text; store the value as a secret (pulumi config set --secret --path 'deploy:secrets.NAME') "
    "and refer to it by its name in a list: [NAME]"
)

REGISTRY = [
    *(
        (
            {"registry": {"server": server}},
            f'registry.server: must be a host name with or without a port (ghcr.io, 10.0.0.5:5000), not "{server}"',
        )
        for server in ("https://ghcr.io", "ghcr.io:99999")
    ),
    ({"registry": {"username": "u"}}, "registry: needs both username and password, or neither of them"),
    ({"registry": {"username": "u", "password": "hunter2"}}, f"registry.password: {IN_CLEAR}"),
    (
        {"registry": {"username": "u", "password": ["A", "B"]}},
        "registry.password: must be a list with the name of one secret: [NAME]",
    ),
    (
        {"registry": {"username": ["A", "B"]}},
        'registry.username: must be a string, or a list with the name of one secret, not ["A", "B"]',
    ),
    (
        {"registry": {"username": ["USER"], "password": ["PASS"]}},
        [
            (
                "registry.password[0]: the secret PASS is not set; run pulumi config set --secret --path 'deploy:secrets.PASS'"
            ),
            (
                "registry.username[0]: the secret USER is not set; run pulumi config set --secret --path 'deploy:secrets.USER'"
            ),
        ],
    ),
]

BUILDER = [
    ({"builder": {"platform": "amd64"}}, 'builder.platform: must look like linux/amd64, not "amd64"'),
    (
        {"builder": {"args": {"KAMAL_VERSION": "2"}}},
        "builder.args.KAMAL_VERSION: cannot be set: the deploy itself sets the variables that start with KAMAL_",
    ),
    (
        {"builder": {"arch": ["linux/amd64"]}},
        'builder.arch[0]: must look like amd64, arm64 or arm/v7, not "linux/amd64"',
    ),
    (
        {"builder": {"arch": "amd64", "platform": "linux/arm64"}},
        "builder.platform: is set beside arch; use one of them",
    ),
    (
        {"builder": {"remote": "tcp://build:2375"}},
        (
            'builder.remote: must look like ssh://user@host or ssh://user@host:22, not "tcp://build:2375". To build with an '
            "engine at another address, set the environment variable DOCKER_HOST"
        ),
    ),
    ({"builder": {"local": False}}, "builder.local: is false, and there is no builder.remote to build on"),
    (
        {"builder": {"driver": "cloud acme/builder"}},
        (
            "builder.driver: cloud is not supported: its builders belong to the login of one person. Use docker-container, and a "
            "builder of your own in builder.remote"
        ),
    ),
    ({"builder": {"driver": "x"}}, 'builder.driver: must be docker, docker-container or remote, not "x"'),
    (
        {"builder": {"driver": "remote"}},
        (
            "builder.driver: remote needs builder.remote, where the BuildKit daemon runs, and builder.local: false, as this "
            "machine has none"
        ),
    ),
    (
        {"builder": {"driver": "docker", "arch": ["amd64", "arm64"], "cache": {"type": "gha"}, "sbom": True}},
        [
            f"builder.driver: is docker, and builder.{what}; the Docker engine's own BuildKit cannot do it. Use driver: "
            "docker-container"
            for what in ("arch has several architectures", "cache has a type", "sbom is true")
        ],
    ),
    (
        {"builder": {"driver": "docker", "remote": "ssh://build"}},
        (
            "builder.driver: is docker, which builds in one place. For builder.remote set builder.local: false, or use driver: "
            "docker-container"
        ),
    ),
    (
        {"builder": {"ssh": "default=/home/me/.ssh/id_rsa"}},
        (
            'builder.ssh: "default=/home/me/.ssh/id_rsa" names a file, which differs between two people. Add the key to the SSH '
            "agent (ssh-add FILE), and write default"
        ),
    ),
    ({"builder": {"ssh": "a b"}}, 'builder.ssh: must be default or another id of an SSH agent, not "a b"'),
    (
        {"builder": {"secrets": ["TOKEN"]}},
        "builder.secrets[0]: the secret TOKEN is not set; run pulumi config set --secret --path 'deploy:secrets.TOKEN'",
    ),
    (
        {"builder": {"cache": {"options": "mode=max"}}},
        "builder.cache.type: is required for options and image: registry or gha",
    ),
    ({"builder": {"cache": {"type": "gha", "image": "x"}}}, "builder.cache.image: is only for type: registry"),
    (
        {"builder": {"cache": {"type": "gha", "options": "max"}}},
        'builder.cache.options: must look like mode=max,compression=zstd, not "max"',
    ),
    ({"builder": {"sbom": "a b"}}, 'builder.sbom: must be true, false or a value such as mode=max, not "a b"'),
    ({"builder": {"context": "nowhere"}}, 'builder.context: "nowhere" is not a directory'),
    ({"builder": {"dockerfile": "Other"}}, 'builder.dockerfile: there is no file "Other" in PROJECT'),
    ({"builder": {"dockerfile": "../Dockerfile"}}, 'builder.dockerfile: "../Dockerfile" is outside the build context'),
]

SSH = [
    (
        {"ssh": {"user": "a b", "users": {"h": ""}}},
        ['ssh.user: must be a user name, not "a b"', 'ssh.users.h: must be a user name, not ""'],
    ),
    ({"ssh": {"proxy": "a b"}}, 'ssh.proxy: must look like [user@]host[:port], not "a b"'),
    ({"ssh": {"proxy": "jump:99999"}}, 'ssh.proxy: must look like [user@]host[:port], not "jump:99999"'),
    (
        {"ssh": {"host_keys": {"a": "AAAA"}}},
        'ssh.host_keys.a: must be a public key as `ssh-keyscan` prints it (ssh-ed25519 AAAA…), not "AAAA"',
    ),
    (
        {"ssh": {"host_keys": {"h": "ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIHF1aXRlIG9idmlvdXNseSBub3QgYSByZWFsIGtleSEh"}}},
        (
            "ssh.host_keys.h: must be a public key as `ssh-keyscan` prints it (ssh-ed25519 AAAA…), "
            'not "ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIHF1aXRlIG9idmlvdXNseSBub3…'
        ),
    ),
    ({"ssh": {"key_data": "-----BEGIN"}}, f"ssh.key_data: {IN_CLEAR}"),
    (
        {"ssh": {"key_data": ["KEY"]}},
        "ssh.key_data[0]: the secret KEY is not set; run pulumi config set --secret --path 'deploy:secrets.KEY'",
    ),
    (
        {"ssh": {"config": "~/.ssh/config", "keys_only": True, "forward_agent": "true"}},
        [
            (
                "ssh.config: must be false: Pulumi's command plugin does not read OpenSSH's configuration files. "
                "Set what they say in ssh.user, ssh.users, ssh.port, ssh.ports and ssh.proxy"
            ),
            (
                "ssh.forward_agent: must be false: Pulumi's command plugin does not forward the SSH agent. "
                "Run a hook that needs it on the deployer (hooks.run_on), or give it a key as a secret (hooks.secrets)"
            ),
            "ssh.keys_only: is true, but there is no key beside those of the SSH agent; set ssh.key_data",
        ],
    ),
    ({"ssh": {"connect_timeout": 0}}, "ssh.connect_timeout: must be at least 1, not 0"),
]

ENV = [
    (
        {"env": {"secret": ["DB"]}},
        "env.secret[0]: the secret DB is not set; run pulumi config set --secret --path 'deploy:secrets.DB'",
    ),
    (
        role(env={"secret": ["S"]}),
        "servers.web.env.secret[0]: the secret S is not set; run pulumi config set --secret --path 'deploy:secrets.S'",
    ),
    ({"env": {"clear": {"A": 1}, "B": 2}}, "env: mixes clear and secret with variables; move B into clear"),
    ({"env": {"clear": {"A": "1"}, "secret": ["A"]}}, "env: has A in both clear and secret"),
    (
        {"env": {"KAMAL_X": "1"}},
        "env.clear.KAMAL_X: cannot be set: the deploy itself sets the variables that start with KAMAL_",
    ),
    (
        {"env": {"secret": ["KAMAL_X"]}},
        "env.secret[0]: cannot be set: the deploy itself sets the variables that start with KAMAL_",
    ),
    (
        {"env": {"A-B": "1"}},
        "env.clear.A-B: is not a valid name for a variable; use letters, digits and _, starting with a letter or _",
    ),
    ({"env": {"A": None}}, "env.clear.A: must be a string, not null"),
    ({"env": {"A": {"b": 1}}}, 'env.clear.A: must be a string, not {"b": 1}'),
    (
        {"env": {"A": "a\0b"}},
        "env.clear.A: must not contain a NUL character",
    ),
    ({"env": {"secret": {"A": "hunter2"}}}, "env.secret: must be a list of names of secrets"),
    ({"env": {"secret": ["A:X", "A:Y"]}}, "env.secret: contains A more than once"),
    (
        {"env": {"A": "http://${HOST_IP}:80", "B": "$HOME `id` $(id)"}},
        (
            "env.clear.A: has ${HOST_IP}, a variable of the host in Kamal; here values arrive as they "
            "are. Set the value itself (by host in env.tags), or, where the container needs these characters, store them as a secret "
            "(env.secret)"
        ),
    ),
    ({"env": 5}, "env: must be a mapping, not 5"),
    ({"secrets": ["hunter2"]}, "secrets: must be a mapping of names to strings"),
    ({"secrets": {"A": None, "B": {"hunter2": 1}}}, ["secrets.A: must be a string", "secrets.B: must be a string"]),
]

STEPS = [
    *(
        (
            {"boot": {"limit": limit}},
            f'boot.limit: must be a number of hosts (1 or more) or a percentage such as "25%", not {found}',
        )
        for limit, found in ((0, "0"), ("0%", '"0%"'), (True, "true"))
    ),
    ({"hooks": {"path": "nowhere"}}, 'hooks.path: "nowhere" is not a directory'),
    (
        {"hooks": {"run_on": {"pre-dploy": "each"}}},
        "hooks.run_on.pre-dploy: is not a hook; did you mean pre-deploy?",
    ),
    (
        {"hooks": {"run_on": {"x": "each"}}},
        (
            "hooks.run_on.x: is not a hook; hooks are pre-connect, docker-setup, pre-build, pre-deploy, "
            "pre-app-boot, post-app-boot, post-deploy"
        ),
    ),
    (
        {"hooks": {"run_on": {"pre-deploy": "all"}}},
        'hooks.run_on.pre-deploy: must be primary, each or deployer, not "all"',
    ),
    (
        {"hooks": {"run_on": {"pre-build": "each"}}},
        "hooks.run_on: puts pre-build on a host, but it always runs on the deployer",
    ),
    (
        {"hooks": {"secrets": {"pre-deploy": ["X"]}}},
        "hooks.secrets.pre-deploy[0]: the secret X is not set; run pulumi config set --secret --path 'deploy:secrets.X'",
    ),
    (
        {"hooks": {"secrets": {"pre-deploy": ["db-password"]}}},
        (
            "hooks.secrets.pre-deploy[0]: is not a valid name for a variable; "
            "use letters, digits and _, starting with a letter or _"
        ),
    ),
    ({"release_task": {"role": "web"}}, "release_task.cmd: is required"),
    ({"release_task": {"cmd": ""}}, "release_task.cmd: must not be empty"),
    ({"release_task": {"cmd": "x", "role": "job"}}, 'release_task.role: "job" is not one of the roles: web'),
]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [*APP, *UNKNOWN_KEYS, *HOSTS, *ACCESSORIES, *ROLES, *CONTAINERS, *PROXY, *REGISTRY, *BUILDER, *SSH, *ENV, *STEPS],
)
def test_a_problem_is_reported_by_path_and_message(
    tmp_path: Path, settings: dict[str, Any], expected: str | list[str]
) -> None:
    reported = [line.replace(str(tmp_path), "PROJECT") for line in problems(tmp_path, **settings)]
    assert reported == ([expected] if isinstance(expected, str) else expected)


def paths(lines: list[str]) -> list[str]:
    """Return the paths of reported problems."""
    return [line.split(":")[0] for line in lines]


def test_all_problems_are_in_one_report_sorted_by_path(tmp_path: Path) -> None:
    reported = problems(tmp_path, service="-x", image="a:1", boot={"limit": 0}, proxi={"a": 1})
    assert paths(reported) == ["boot.limit", "image", "proxi", "service"]


def test_a_certificate_that_has_no_name_is_also_told_to_be_for_one_host(tmp_path: Path) -> None:
    reported = "\n".join(problems(tmp_path, proxy={"ssl": True}, servers=["a", "b"]))
    assert "proxy.ssl: needs host or hosts" in reported
    assert "proxy.ssl: cannot be true for role web on 2 hosts" in reported


def test_an_invalid_key_hides_no_problem_between_other_keys_or_with_files(tmp_path: Path) -> None:
    reported = problems(
        tmp_path,
        service="-x",
        env={"secret": ["DB"]},
        builder={"dockerfile": "Other"},
        release_task={"cmd": "x", "role": "job"},
    )
    assert paths(reported) == ["builder.dockerfile", "env.secret[0]", "release_task.role", "service"]


def test_a_section_that_is_not_valid_is_not_checked_further(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(raw_config(VALID | {"builder": {"platform": "x"}}), stack="prod", project_dir=tmp_path)
    assert paths(report_lines(caught.value)) == ["builder.platform"]


def test_invalid_roles_are_reported_once_and_keys_that_refer_to_them_are_not(tmp_path: Path) -> None:
    reported = problems(tmp_path, servers={"job": []}, primary_role="job", release_task={"cmd": "x", "role": "job"})
    assert reported == ["servers.job.hosts: is empty; a role needs at least one host"]


def test_a_stack_name_that_is_not_a_valid_destination_is_reported_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").touch()
    raw = raw_config(VALID)
    with pytest.raises(SettingsError) as caught:
        load_settings(raw, stack="eu.prod", project_dir=tmp_path)
    assert report_lines(caught.value) == [
        (
            'destination: "eu.prod" is not a valid name; use at most 40 letters, digits, - and _, starting with a letter or digit; '
            "the destination is the stack's name unless it is set (pulumi config set deploy:destination NAME)"
        )
    ]
    assert load_settings(raw | {"destination": "eu"}, stack="eu.prod", project_dir=tmp_path).destination == "eu"


def test_a_report_shows_no_secret(tmp_path: Path) -> None:
    reported = problems(
        tmp_path,
        service="-x",
        secrets={"A": {"hunter2": "hunter2"}, "B": "nul\0hunter2"},
        registry={"username": "u", "password": "hunter2"},
        env={"secret": ["hunter-2"]},
    )
    assert paths(reported) == ["env.secret[0]", "registry.password", "secrets.A", "secrets.B", "service"]
    assert "hunter" not in "".join(reported)


def test_secrets_that_are_not_encrypted_are_refused(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").touch()
    with pytest.raises(SettingsError) as caught:
        load_settings(raw_config(VALID | {"secrets": {"A": "x"}}), stack="prod", project_dir=tmp_path)
    assert report_lines(caught.value) == [
        "secrets: must be encrypted; set each with pulumi config set --secret --path 'deploy:secrets.NAME'"
    ]


def test_an_encrypted_value_outside_of_secrets_is_refused_and_not_shown(tmp_path: Path) -> None:
    """It would end up in the state and in previews in clear."""
    (tmp_path / "Dockerfile").touch()
    raw = raw_config(VALID | {"env": {"A": {"x": "hunter2"}}, "servers": "hunter2"})
    with pytest.raises(SettingsError) as caught:
        load_settings(raw, stack="prod", secret_keys=["env", "servers"], project_dir=tmp_path)
    message = (
        "has an encrypted value, but only the values in secrets stay secret; store it there "
        "(pulumi config set --secret --path 'deploy:secrets.NAME') and refer to it by its name, as in env.secret"
    )
    assert report_lines(caught.value) == [f"env: {message}", f"servers: {message}"]


def test_files_among_the_hooks_that_are_not_hooks_or_not_executable_are_reported(tmp_path: Path) -> None:
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    for name in ("pre-dploy", "pre-deploy", "pre-build.sample", "README.md", ".gitignore"):
        (hooks / name).touch(0o644)
    assert problems(tmp_path) == [
        "hooks.path (hooks/pre-deploy): is not executable; run chmod +x hooks/pre-deploy",
        "hooks.path (hooks/pre-dploy): is not a hook; did you mean pre-deploy?",
    ]


def test_a_pinned_version_needs_no_dockerfile(tmp_path: Path) -> None:
    assert load(tmp_path, version="v1", builder={"context": "nowhere"}).version == "v1"


def test_an_rsa_host_key_is_refused_with_what_to_pin(tmp_path: Path) -> None:
    key = "ssh-rsa " + base64.b64encode(b"\0\0\0\x07ssh-rsa..").decode()
    (problem,) = problems(tmp_path, ssh={"host_keys": {"h": key}})
    assert problem.startswith("ssh.host_keys.h: is an RSA key")
    assert "pin the host's ssh-ed25519 or ecdsa key" in problem
