"""Problems of `accessories`."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.settings.loading import as_list, problems


def accessory(**settings: Any) -> dict[str, Any]:
    """Return `accessories` with the accessory db, which runs on the host of the role web."""
    return {"accessories": {"db": {"image": "postgres:16", "role": "web", **settings}}}


PROBLEMS = [
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
        {
            "servers": {"web": {"hosts": ["a"], "proxy": {"path_prefixes": ["/", "/api"]}}},
            **accessory(proxy={"path_prefixes": ["/db", "/api"]}),
        },
        "accessories.db.proxy: gets all requests on a, and so does role web; give it its own host or path_prefix",
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


@pytest.mark.parametrize(("settings", "expected"), PROBLEMS)
def test_a_problem_is_reported_by_path_and_message(
    tmp_path: Path, settings: dict[str, Any], expected: str | list[str]
) -> None:
    assert problems(tmp_path, **settings) == as_list(expected)
