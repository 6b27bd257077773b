"""What follows from the settings."""

import base64
from pathlib import Path
from typing import Any

import pytest

from components.secret import Secret
from components.settings import Certificate, HooksSettings, Jump, RegistryLogin, SshSettings
from components.source import SourcePolicy
from tests.certificates import issue
from tests.unit.settings.loading import load


def test_a_list_of_hosts_is_the_role_web_behind_the_proxy(tmp_path: Path) -> None:
    settings = load(tmp_path, servers=["a", "b"])
    (web,) = settings.roles
    assert (web.name, web.hosts, web.stop_timeout) == ("web", ("a", "b"), 10)
    assert web.proxy == settings.proxy


def test_what_is_not_set_has_a_default(tmp_path: Path) -> None:
    settings = load(tmp_path)
    assert settings.destination == "prod"
    assert settings.repository == "docker.io/acme/shop"
    assert settings.source is SourcePolicy.COMMIT


def test_the_primary_role_comes_first_and_each_host_once(tmp_path: Path) -> None:
    settings = load(tmp_path, servers={"api": ["c", "a"], "web": ["a", "b"], "zoo": {"hosts": ["d"], "proxy": False}})
    assert [role.name for role in settings.roles] == ["web", "api", "zoo"]
    assert settings.hosts == ("a", "b", "c", "d")
    assert [bool(role.proxy) for role in settings.roles] == [True, False, False]


def test_a_roles_own_settings_go_over_those_of_the_app(tmp_path: Path) -> None:
    settings = load(
        tmp_path,
        env={"clear": {"A": 1, "B": True}, "secret": ["S", "C:T"]},
        secrets={"S": "1", "T": "2"},
        proxy={"host": "shop.test", "healthcheck": {"path": "/ok", "timeout": 3}, "run": {"http_port": 8080}},
        drain_timeout="20",
        servers={
            "web": ["a"],
            "api": {
                "hosts": ["a"],
                "cmd": "serve 'the api'",
                "env": {"clear": {"A": "2", "C": "3"}, "secret": ["B:T"]},
                "proxy": {"hosts": ["api.test"], "healthcheck": {"path": "/api"}},
                "options": {"memory": "1g", "volume": ["x:/x", "y:/y"], "init": True},
                "stop_timeout": 5,
            },
            "job": ["b"],
        },
    )
    web, api, job = settings.roles
    assert api.cmd == ("serve", "the api")
    assert api.env == {"A": "2", "C": "3"}
    assert api.secret_env == {"S": Secret("1"), "B": Secret("2")}
    assert web.env == {"A": "1", "B": "true"}
    assert web.secret_env == {"S": Secret("1"), "C": Secret("2")}
    assert api.proxy
    assert api.proxy.all_hosts() == ("api.test",)
    assert (api.proxy.healthcheck.path, api.proxy.healthcheck.timeout) == ("/api", 3)
    assert api.proxy.healthcheck.model_fields_set == {"path", "timeout"}
    assert api.proxy.run.http_port == 8080
    assert api.options == {"memory": ("1g",), "volume": ("x:/x", "y:/y"), "init": ("true",)}
    assert (web.stop_timeout, api.stop_timeout, job.stop_timeout) == (10, 5, 20)


def test_labels_volumes_and_logging_of_the_app_are_those_of_every_role_with_the_roles_own_on_top(
    tmp_path: Path,
) -> None:
    settings = load(
        tmp_path,
        labels={"team": "shop", "tier": 1},
        volumes=["uploads:/uploads", "/srv/config:/config:ro"],
        logging={"driver": "local", "options": {"max-size": "50m", "max-file": 3}},
        servers={
            "web": ["a"],
            "job": {
                "hosts": ["a"],
                "labels": {"tier": "2"},
                "volumes": ["queue:/queue"],
                "logging": {"driver": "json-file", "options": {"max-size": "1m"}},
                "options": {"volume": "x:/x", "memory": "64m"},
            },
        },
    )
    web, job = settings.roles
    assert (web.labels, job.labels) == ({"team": "shop", "tier": "1"}, {"team": "shop", "tier": "2"})
    assert web.options == {
        "volume": ("uploads:/uploads", "/srv/config:/config:ro"),
        "log-driver": ("local",),
        "log-opt": ("max-size=50m", "max-file=3"),
    }
    assert job.options == {
        "volume": ("uploads:/uploads", "/srv/config:/config:ro", "queue:/queue", "x:/x"),
        "memory": ("64m",),
        "log-driver": ("json-file",),
        "log-opt": ("max-size=1m", "max-file=3"),
    }


def test_roles_that_get_requests_have_the_asset_paths_of_the_app_or_their_own(tmp_path: Path) -> None:
    settings = load(
        tmp_path,
        asset_path="/assets:ro",
        proxy={"host": "shop.test"},
        servers={
            "web": ["a"],
            "api": {"hosts": ["a"], "proxy": {"host": "api.test"}, "asset_path": ["/x", "/y:ro"]},
            "plain": {"hosts": ["a"], "proxy": {"host": "plain.test"}, "asset_path": []},
            "job": ["a"],
        },
    )
    assert {role.name: role.asset_path for role in settings.roles} == {
        "web": ("/assets:ro",),
        "api": ("/x", "/y:ro"),
        "plain": (),
        "job": (),
    }


def test_without_volumes_and_logging_the_options_are_the_roles_own(tmp_path: Path) -> None:
    (web,) = load(tmp_path, servers={"web": {"hosts": ["a"], "options": {"volume": "x:/x", "log-opt": "a=b"}}}).roles
    assert web.options == {"volume": ("x:/x",), "log-opt": ("a=b",)}


def test_a_role_without_hosts_is_left_out_where_that_is_allowed(tmp_path: Path) -> None:
    settings = load(tmp_path, servers={"web": ["a"], "job": []}, allow_empty_roles=True)
    assert [role.name for role in settings.without_hosts(()).roles] == ["web"]
    assert settings.hosts == ("a",)


def test_a_required_destination_is_the_stacks_name_unless_it_is_set(tmp_path: Path) -> None:
    assert load(tmp_path, require_destination=True).destination == "prod"


def test_kamals_keys_for_ssh_are_accepted_where_they_say_what_is_so_anyway(tmp_path: Path) -> None:
    ssh = {"config": False, "forward_agent": "false", "key_data": ["KEY"], "keys_only": True}
    assert load(tmp_path, ssh=ssh, secrets={"KEY": "x"}).ssh.keys_only


def test_a_host_has_the_variables_of_its_tags_over_those_of_the_role_and_the_app(tmp_path: Path) -> None:
    settings = load(
        tmp_path,
        env={
            "clear": {"A": "app", "B": "app", "C": "app"},
            "secret": ["S"],
            "tags": {"eu": {"B": "eu", "S": "in clear"}, "big": {"clear": {"B": "big"}, "secret": ["C:T"]}},
        },
        secrets={"S": "1", "T": "2"},
        servers={
            "web": [{"a": "eu"}, {"b": ["eu", "big", "unknown"]}, "c"],
            "job": {"hosts": ["a"], "env": {"B": "job"}},
        },
    )
    web, job = settings.roles
    assert (web.on("a").env, web.on("a").secret_env) == ({"A": "app", "B": "eu", "C": "app", "S": "in clear"}, {})
    assert web.on("b").env == {"A": "app", "B": "big", "S": "in clear"}
    assert web.on("b").secret_env == {"C": Secret("2")}
    assert (web.on("c").env, web.on("c").secret_env) == ({"A": "app", "B": "app", "C": "app"}, {"S": Secret("1")})
    # As in Kamal, a tag stands beside a host of one role.
    assert job.on("a").env["B"] == "job"


@pytest.mark.parametrize("given", [True, "true", {}])
def test_any_role_can_be_behind_the_proxy(tmp_path: Path, given: Any) -> None:
    settings = load(tmp_path, servers={"web": ["a"], "api": {"hosts": ["b"], "proxy": given}})
    web, api = settings.roles
    assert web.proxy == api.proxy == settings.proxy


def test_a_role_stops_within_its_own_time_limit_or_the_apps(tmp_path: Path) -> None:
    settings = load(tmp_path, stop_timeout=15, servers={"web": ["a"], "api": {"hosts": ["b"], "stop_timeout": 5}})
    assert [role.stop_timeout for role in settings.roles] == [15, 5]


def test_roles_are_resolved_once(tmp_path: Path) -> None:
    settings = load(tmp_path)
    assert settings.roles is settings.roles


def test_a_changed_copy_resolves_its_own_roles(tmp_path: Path) -> None:
    settings = load(tmp_path, servers=["a"])
    assert settings.hosts == ("a",)
    assert settings.roles
    changed = settings.model_copy(update={"servers": load(tmp_path, servers=["b"]).servers})
    assert changed.hosts == changed.roles[0].hosts == ("b",)
    assert settings.hosts == ("a",)


@pytest.mark.parametrize(
    ("limit", "groups"),
    [
        (None, ["abcde"]),
        (2, ["ab", "cd", "e"]),
        ("50%", ["ab", "cd", "e"]),
        ("1%", ["a", "b", "c", "d", "e"]),
        ("100%", ["abcde"]),
    ],
)
def test_hosts_switch_in_groups(tmp_path: Path, limit: object, groups: list[str]) -> None:
    settings = load(tmp_path, servers=list("abcde"), boot={"limit": limit} if limit else {})
    assert ["".join(group.hosts) for group in settings.boot_groups] == groups


@pytest.mark.parametrize(
    ("boot", "groups"),
    [
        ({}, [("abc", "abc")]),
        ({"candidates": "group"}, [("abc", "abc")]),
        ({"limit": 1}, [("a", "abc"), ("b", ""), ("c", "")]),
        ({"limit": 1, "candidates": "all"}, [("a", "abc"), ("b", ""), ("c", "")]),
        ({"limit": 2, "candidates": "group"}, [("ab", "ab"), ("c", "c")]),
    ],
)
def test_candidates_start_on_all_hosts_before_the_first_switch_or_group_by_group(
    tmp_path: Path, boot: dict[str, object], groups: list[tuple[str, str]]
) -> None:
    settings = load(tmp_path, servers=list("abc"), boot=boot)
    assert [("".join(group.hosts), "".join(group.candidates)) for group in settings.boot_groups] == groups


def test_the_login_to_the_registry_is_read_from_the_secrets(tmp_path: Path) -> None:
    secrets = {"U": "me", "P": "hunter2"}
    assert load(tmp_path).registry_login is None
    by_name = load(tmp_path, registry={"username": "you", "password": ["P"]}, secrets=secrets)
    assert by_name.registry_login == RegistryLogin(Secret("you"), Secret("hunter2"))
    both = load(tmp_path, registry={"username": ["U"], "password": ["P"]}, secrets=secrets)
    assert both.registry_login == RegistryLogin(Secret("me"), Secret("hunter2"))


def test_no_secret_is_shown_or_dumped(tmp_path: Path) -> None:
    settings = load(
        tmp_path,
        registry={"username": "you", "password": ["P"]},
        env={"secret": ["P"]},
        secrets={"P": "hunter2"},
    )
    shown = f"{settings} {settings!r} {settings.roles} {settings.registry_login} {settings.model_dump_json()}"
    assert "hunter2" not in shown
    assert "***" in shown


def test_a_secret_may_be_given_as_a_number(tmp_path: Path) -> None:
    assert load(tmp_path, secrets={"PIN": 1234}).secret("PIN") == Secret("1234")


def test_the_destination_can_be_none(tmp_path: Path) -> None:
    assert load(tmp_path, destination="none").destination == ""


def test_numbers_in_quotes_and_strings_without_quotes_are_accepted(tmp_path: Path) -> None:
    settings = load(tmp_path, version="1234567", env={"A": "01", "B": 1.5}, proxy={"app_port": "8080"})
    assert settings.version == "1234567"
    assert settings.env.clear == {"A": "01", "B": "1.5"}
    assert settings.proxy.app_port == 8080


def test_hosts_are_names_and_addresses_of_both_kinds(tmp_path: Path) -> None:
    hosts = ["192.0.2.1", "2001:db8::1", "a", "web-1.example.com"]
    assert load(tmp_path, servers=hosts).hosts == tuple(hosts)


def test_a_certificate_of_ones_own_is_named_by_its_secrets_for_roles_and_accessories_on_several_hosts(
    tmp_path: Path,
) -> None:
    first, second = issue(), issue()
    settings = load(
        tmp_path,
        servers={
            "web": ["a", "b"],
            "api": {
                "hosts": ["a"],
                "proxy": {"host": "api.test", "ssl": {"certificate_pem": "C", "private_key_pem": "K"}},
            },
        },
        accessories={
            "db": {
                "image": "db:1",
                "role": "web",
                "proxy": {"host": "*.db.test", "ssl": {"certificate_pem": "CERT", "private_key_pem": "KEY"}},
            },
            "redis": {"image": "redis:7", "host": "a", "proxy": {"host": "redis.test", "ssl": True}},
        },
        proxy={"host": "shop.test", "ssl": {"certificate_pem": "CERT", "private_key_pem": ["KEY"]}},
        secrets={"CERT": first.certificate, "KEY": first.key, "C": second.certificate, "K": second.key},
    )
    web, api = settings.roles
    assert web.certificate == Certificate(Secret(first.certificate), Secret(first.key))
    # A role's own settings are put over those of the app.
    assert api.certificate == Certificate(Secret(second.certificate), Secret(second.key))
    assert "BEGIN" not in repr(web.certificate)
    db, redis = settings.resolved_accessories
    assert (db.certificate, redis.certificate) == (web.certificate, None)


def test_kamal_proxys_container_has_variables_and_labels_among_its_options(tmp_path: Path) -> None:
    options = {"env": "SSL_CERT_FILE=/ca.pem", "label": ["a=1", "b=2"]}
    run = load(tmp_path, proxy={"run": {"options": options}}).proxy.run
    assert run.options == {"env": ("SSL_CERT_FILE=/ca.pem",), "label": ("a=1", "b=2")}


@pytest.mark.parametrize(
    ("given", "message"),
    [(None, None), (False, None), ("false", None), (True, ""), ("true", ""), ("back at noon", "back at noon")],
)
def test_maintenance_is_on_or_off_or_has_a_message(tmp_path: Path, given: object, message: str | None) -> None:
    assert load(tmp_path, maintenance=given).maintenance_message == message


def test_the_proxy_can_serve_all_names_of_a_domain(tmp_path: Path) -> None:
    assert load(tmp_path, proxy={"host": "*.shop.test"}).proxy.all_hosts() == ("*.shop.test",)


def test_the_proxy_serves_host_names_in_lower_case_as_browsers_send_them(tmp_path: Path) -> None:
    settings = load(
        tmp_path,
        proxy={"host": "Shop.Example.com"},
        servers={"web": ["a"], "api": {"hosts": ["a"], "proxy": {"hosts": ["API.test", "*.Example.com"]}}},
    )
    web, api = settings.roles
    assert web.proxy
    assert web.proxy.all_hosts() == ("shop.example.com",)
    assert api.proxy
    assert api.proxy.all_hosts() == ("api.test", "*.example.com")


@pytest.mark.parametrize(
    ("given", "prefix"), [("/api", "/api"), ("/api/", "/api"), ("//a/b//", "/a/b"), ("/", "/"), ("//", "/")]
)
def test_slashes_around_a_path_prefix_make_no_difference(tmp_path: Path, given: str, prefix: str) -> None:
    assert load(tmp_path, proxy={"path_prefix": given}).proxy.path_prefix == prefix


def test_roles_on_a_host_may_share_a_host_name_or_a_path_prefix_but_not_both(tmp_path: Path) -> None:
    servers = {
        "web": ["a"],
        "other-path": {"hosts": ["a"], "proxy": {"path_prefix": "/api"}},
        "other-name": {"hosts": ["a"], "proxy": {"host": "api.test"}},
        "other-host": {"hosts": ["b"], "proxy": True},
    }
    assert load(tmp_path, servers=servers, proxy={"host": "shop.test"}).roles


def test_a_worker_that_stops_first_can_publish_a_port_of_the_host(tmp_path: Path) -> None:
    worker = {"hosts": ["a"], "strategy": "stop-first", "options": {"publish": "9000:9000"}}
    assert load(tmp_path, servers={"web": ["a"], "worker": worker}).roles


@pytest.mark.parametrize(
    "published", ["9000", "9000/udp", "0:9000", "127.0.0.1::9000", "[::1]::9000", "8000-8010:9000", "target=9000"]
)
def test_any_role_can_publish_a_port_that_docker_chooses(tmp_path: Path, published: str) -> None:
    assert load(tmp_path, servers={"web": {"hosts": ["a"], "options": {"publish": published}}}).roles


def test_the_only_role_is_the_primary_one(tmp_path: Path) -> None:
    (job,) = load(tmp_path, servers={"job": ["a"]}).roles
    assert job.proxy


def test_a_role_and_its_keys_may_have_the_names_of_pythons_types(tmp_path: Path) -> None:
    settings = load(tmp_path, servers={"web": ["a"], "str": {"hosts": ["b"], "env": {"bool": "x"}}})
    assert [(role.name, role.env) for role in settings.roles] == [("web", {}), ("str", {"bool": "x"})]


def test_a_command_may_contain_numbers(tmp_path: Path) -> None:
    (web,) = load(tmp_path, servers={"web": {"hosts": ["a"], "cmd": ["sleep", 5, True]}}).roles
    assert web.cmd == ("sleep", "5", "true")


@pytest.mark.parametrize(
    ("given", "jump"),
    [
        (None, None),
        ("bastion.test", Jump("bastion.test", "root", 22)),
        ("me@192.0.2.9:2222", Jump("192.0.2.9", "me", 2222)),
        ("[2001:db8::1]:22", Jump("2001:db8::1", "root", 22)),
    ],
)
def test_a_jump_host_has_a_user_and_a_port(given: str | None, jump: Jump | None) -> None:
    assert SshSettings(proxy=given).jump() == jump


def test_a_host_may_have_its_own_user_and_port() -> None:
    ssh = SshSettings(user="deploy", users={"a": "admin"}, ports={"a": 2222})
    assert [(ssh.user_of(host), ssh.port_of(host)) for host in "ab"] == [("admin", 2222), ("deploy", 22)]


def test_a_host_key_is_kept_without_its_comment() -> None:
    key = "ecdsa-sha2-nistp256 " + base64.b64encode(b"\0\0\0\x13ecdsa-sha2-nistp256..").decode()
    assert SshSettings(host_keys={"a": f"{key} root@a"}).host_keys == {"a": key}


def test_a_hook_runs_on_the_primary_host_unless_set_otherwise() -> None:
    hooks = HooksSettings(run_on={"post-deploy": "deployer"})
    assert [hooks.place(name) for name in ("pre-build", "pre-deploy", "post-deploy")] == [
        "deployer",
        "primary",
        "deployer",
    ]


@pytest.mark.parametrize(
    ("place", "hosts"),
    [
        ({"host": "z"}, "z"),
        ({"hosts": ["z", "a"]}, "za"),
        ({"role": "job"}, "bc"),
        ({"roles": ["job", "web"]}, "bca"),
        ({"tag": "big"}, "ac"),
        ({"tags": ["big", "eu"]}, "acb"),
    ],
)
def test_an_accessory_runs_where_its_settings_say(tmp_path: Path, place: dict[str, Any], hosts: str) -> None:
    servers = {"web": [{"a": "big"}, {"b": ["eu"]}], "job": ["b", {"c": ["big", "eu"]}]}
    settings = load(tmp_path, servers=servers, accessories={"db": {"image": "redis:7", **place}})
    (db,) = settings.resolved_accessories
    assert "".join(db.hosts) == hosts
    # Hosts of the app come first, and only they switch.
    assert "".join(settings.hosts) == "abc" + ("z" if "z" in hosts else "")
    assert settings.boot_groups[0].hosts == settings.app_hosts == ("a", "b", "c")


def test_an_accessory_has_kamals_name_and_an_image_of_its_own_registry(tmp_path: Path) -> None:
    settings = load(
        tmp_path,
        registry={"server": "ghcr.io", "username": "me", "password": ["T"]},
        secrets={"T": "app's", "U": "own"},
        accessories={
            "hub": {"image": "redis:7", "role": "web"},
            "app": {"image": "ghcr.io/acme/db:1", "role": "web", "service": "database"},
            "own": {
                "image": "db:1",
                "role": "web",
                "registry": {"server": "reg.test:5000", "username": "you", "password": ["U"]},
            },
        },
    )
    app, hub, own = settings.resolved_accessories
    assert (hub.service, hub.image, hub.login) == ("shop-hub", "redis:7", None)
    assert app.login
    assert (app.service, app.image, app.login.server, app.login.login.password) == (
        "database",
        "ghcr.io/acme/db:1",
        "ghcr.io",
        Secret("app's"),
    )
    assert own.login
    assert (own.image, own.login.server, own.login.login.password) == (
        "reg.test:5000/db:1",
        "reg.test:5000",
        Secret("own"),
    )


@pytest.mark.parametrize(
    ("port", "published", "is_open"),
    [
        (5432, "127.0.0.1:5432:5432", False),
        ("5433:5432", "127.0.0.1:5433:5432", False),
        ("53/udp", "127.0.0.1:53:53/udp", False),
        ("10.0.0.5:5432:5432", "10.0.0.5:5432:5432", False),
        ("0.0.0.0:5432:5432", "0.0.0.0:5432:5432", True),
        ("[::]:5432:5432", "[::]:5432:5432", True),
    ],
)
def test_a_port_is_published_at_the_host_itself_unless_it_names_an_address(
    tmp_path: Path, port: object, published: str, is_open: bool
) -> None:
    (db,) = load(tmp_path, accessories={"db": {"image": "redis:7", "role": "web", "port": port}}).resolved_accessories
    assert db.settings.port == published
    assert bool(db.open_ports) is is_open


def test_a_skipped_host_leaves_its_accessories_too(tmp_path: Path) -> None:
    accessories = {
        "db": {"image": "redis:7", "hosts": ["a", "z"]},
        "cache": {"image": "redis:7", "tag": "x"},
        "other": {"image": "redis:7", "host": "z"},
    }
    settings = load(tmp_path, servers=["a", {"b": "x"}], accessories=accessories, skip_hosts=["z"])
    left = settings.without_hosts(settings.skip_hosts)
    assert {each.name: each.hosts for each in left.resolved_accessories} == {"cache": ("b",), "db": ("a",)}
    assert left.hosts == ("a", "b")
