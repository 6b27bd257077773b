"""What follows from the settings."""

from pathlib import Path

import pytest

from tests.unit.settings.test_faults import load


def test_a_list_of_hosts_is_the_role_web_behind_the_proxy(tmp_path: Path) -> None:
    settings = load(tmp_path, servers=["a", "b"])
    (web,) = settings.roles()
    assert (web.name, web.hosts, web.stop_timeout) == ("web", ("a", "b"), 10)
    assert web.proxy == settings.proxy
    assert settings.destination == "prod"
    assert settings.repository == "docker.io/acme/shop"


def test_the_primary_role_comes_first_and_hosts_are_told_once(tmp_path: Path) -> None:
    settings = load(tmp_path, servers={"api": ["c", "a"], "web": ["a", "b"], "zoo": {"hosts": ["d"], "proxy": False}})
    assert [role.name for role in settings.roles()] == ["web", "api", "zoo"]
    assert settings.hosts() == ("a", "b", "c", "d")
    assert [bool(role.proxy) for role in settings.roles()] == [True, False, False]


def test_a_roles_own_settings_go_over_those_of_the_app(tmp_path: Path) -> None:
    settings = load(
        tmp_path,
        env={"clear": {"A": 1, "B": True}, "secret": ["S"]},
        secrets={"S": "1", "T": "2"},
        proxy={"host": "shop.test", "healthcheck": {"path": "/ok", "timeout": 3}},
        drain_timeout="20",
        servers={
            "web": ["a"],
            "api": {
                "hosts": ["a"],
                "cmd": "serve 'the api'",
                "env": {"clear": {"A": "2"}, "secret": ["B:T"]},
                "proxy": {"hosts": ["api.test"], "healthcheck": {"path": "/api"}},
                "options": {"memory": "1g", "volume": ["x:/x", "y:/y"], "init": True},
                "stop_timeout": 5,
            },
            "job": ["b"],
        },
    )
    web, api, job = settings.roles()
    assert api.cmd == ("serve", "the api")
    assert api.env == {"A": "2"}
    assert api.env_secret == {"S": "S", "B": "T"}
    assert web.env == {"A": "1", "B": "true"}
    assert api.proxy
    assert api.proxy.all_hosts() == ("api.test",)
    assert (api.proxy.healthcheck.path, api.proxy.healthcheck.timeout) == ("/api", 3)
    assert api.options == {"memory": ("1g",), "volume": ("x:/x", "y:/y"), "init": ("true",)}
    assert (web.stop_timeout, api.stop_timeout, job.stop_timeout) == (10, 5, 20)


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
    assert ["".join(group) for group in settings.boot_groups()] == groups


def test_the_registrys_login_is_read_from_the_secrets(tmp_path: Path) -> None:
    secrets = {"U": "me", "P": "hunter2"}
    assert load(tmp_path).registry_login() is None
    by_name = load(tmp_path, registry={"username": "you", "password": ["P"]}, secrets=secrets)
    assert by_name.registry_login() == ("you", "hunter2")
    both = load(tmp_path, registry={"username": ["U"], "password": ["P"]}, secrets=secrets)
    assert both.registry_login() == ("me", "hunter2")
    assert "hunter2" not in repr(both)


def test_the_destination_can_be_none(tmp_path: Path) -> None:
    assert load(tmp_path, destination="none").destination == ""


def test_texts_of_digits_and_quoted_values_stay_what_they_are(tmp_path: Path) -> None:
    settings = load(tmp_path, version="1234567", env={"A": "01", "B": 1.5}, proxy={"app_port": "8080"})
    assert settings.version == "1234567"
    assert settings.env.clear == {"A": "01", "B": "1.5"}
    assert settings.proxy.app_port == 8080


def test_hosts_are_names_and_addresses_of_both_kinds(tmp_path: Path) -> None:
    hosts = ["192.0.2.1", "2001:db8::1", "a", "web-1.example.com"]
    assert load(tmp_path, servers=hosts).hosts() == tuple(hosts)


def test_the_proxy_takes_all_names_of_a_domain(tmp_path: Path) -> None:
    assert load(tmp_path, proxy={"host": "*.shop.test"}).proxy.all_hosts() == ("*.shop.test",)


def test_the_only_role_is_the_primary_one(tmp_path: Path) -> None:
    (job,) = load(tmp_path, servers={"job": ["a"]}).roles()
    assert job.proxy


def test_a_role_and_its_keys_may_be_called_like_pythons_types(tmp_path: Path) -> None:
    settings = load(tmp_path, servers={"web": ["a"], "str": {"hosts": ["b"], "env": {"bool": "x"}}})
    assert [(role.name, role.env) for role in settings.roles()] == [("web", {}), ("str", {"bool": "x"})]


def test_a_command_may_have_numbers(tmp_path: Path) -> None:
    (web,) = load(tmp_path, servers={"web": {"hosts": ["a"], "cmd": ["sleep", 5, True]}}).roles()
    assert web.cmd == ("sleep", "5", "true")
