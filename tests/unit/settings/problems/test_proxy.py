"""Problems of `proxy`."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.settings.loading import as_list, problems, role

PROBLEMS = [
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


@pytest.mark.parametrize(("settings", "expected"), PROBLEMS)
def test_a_problem_is_reported_by_path_and_message(
    tmp_path: Path, settings: dict[str, Any], expected: str | list[str]
) -> None:
    assert problems(tmp_path, **settings) == as_list(expected)


def test_a_certificate_that_has_no_name_is_also_told_to_be_for_one_host(tmp_path: Path) -> None:
    reported = "\n".join(problems(tmp_path, proxy={"ssl": True}, servers=["a", "b"]))
    assert "proxy.ssl: needs host or hosts" in reported
    assert "proxy.ssl: cannot be true for role web on 2 hosts" in reported
