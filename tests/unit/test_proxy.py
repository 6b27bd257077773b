"""What the host tool is told about kamal-proxy, and where the app answers."""

from typing import Any

import pytest
from pydantic import BaseModel

from components.host_tool.proxy.client import route_flags
from components.host_tool.proxy.files import certificate_files, error_page_files, file_flags, folder_of_role
from components.host_tool.proxy_container import run_flags
from components.host_tool.spec import SwitchSpec
from components.proxy import addresses, route_spec, run_spec
from components.settings import ProxyRunSettings, ProxySettings, Settings
from components.settings.tls import check_tls
from tests.proxy_flags import flags_with_a_setting

EVERY_ROUTE_SETTING: dict[str, Any] = {
    "hosts": ["a.test", "b.test"],
    "path_prefixes": ["/", "/api"],
    "strip_path_prefix": False,
    "ssl": True,
    "ssl_redirect": False,
    "ssl_staging": True,
    "canonical_host": "a.test",
    "healthcheck": {"path": "/ok", "interval": 2, "timeout": 3, "port": 4, "host": "health.test"},
    "response_timeout": 5,
    "forward_headers": True,
    "scope_cookie_paths": True,
    "logging": {"request_headers": ["X-A"], "response_headers": ["X-B"]},
    "buffering": {
        "requests": True,
        "responses": True,
        "memory": 6,
        "max_request_body": 7,
        "max_response_body": 8,
    },
}
# `app_port` is part of the target.
NO_ROUTE_SETTINGS = {"host", "path_prefix", "app_port", "run"}
EVERY_RUN_SETTING = {"debug": True, "http3": True, "metrics_port": 9000}


def names_of(flags: list[str]) -> set[str]:
    return {flag.partition("=")[0] for flag in flags}


def unset(model: BaseModel) -> set[str]:
    """The settings of a model that are not set, those of its sections included."""
    own = set(type(model).model_fields) - model.model_fields_set
    sections = [value for name in model.model_fields_set if isinstance(value := getattr(model, name), BaseModel)]
    return own.union(*(unset(section) for section in sections))


def test_each_setting_of_a_route_is_a_flag_that_is_documented() -> None:
    proxy = ProxySettings.model_validate(EVERY_ROUTE_SETTING)
    assert unset(proxy) == NO_ROUTE_SETTINGS
    route = route_spec(proxy)
    switch = SwitchSpec("v1", 30, 10, 5, route, 30)
    certificate = certificate_files("abc", {"certificate_pem": "c", "private_key_pem": "k"})
    files = file_flags(folder_of_role("shop", "web"), [certificate, error_page_files({"503.html": "x"})])
    assert names_of([*route_flags(switch, route), *files]) == flags_with_a_setting("deploy")


def test_each_setting_of_kamal_proxy_itself_is_a_flag_that_is_documented() -> None:
    run = run_spec(ProxyRunSettings.model_validate(EVERY_RUN_SETTING))
    assert names_of(run_flags(run)) == flags_with_a_setting("run")


def test_settings_that_are_not_used_are_not_told() -> None:
    told = {name for name, value in vars(route_spec(ProxySettings())).items() if value is not None}
    assert told == {"hosts", "app_port", "healthcheck", "response_timeout", "buffering"}
    assert {name for name, value in vars(run_spec(ProxyRunSettings())).items() if value is not None} == {
        *("image", "http_port", "https_port", "log_max_size", "options", "replace")
    }


@pytest.mark.parametrize(
    ("proxy", "expected"),
    [
        ({}, ["http://192.0.2.1"]),
        ({"run": {"http_port": 8080}}, ["http://192.0.2.1:8080"]),
        ({"host": "a.test", "path_prefix": "/shop"}, ["http://a.test/shop"]),
        ({"hosts": ["a.test", "b.test"], "ssl": True}, ["https://a.test", "https://b.test"]),
        ({"host": "a.test", "ssl": True, "run": {"https_port": 8443}}, ["https://a.test:8443"]),
        ({"host": "a.test", "path_prefixes": ["/a", "/b"]}, ["http://a.test/a", "http://a.test/b"]),
    ],
)
def test_the_addresses_say_how_the_app_is_reached(proxy: dict[str, Any], expected: list[str]) -> None:
    settings = Settings.model_validate({"service": "shop", "image": "shop", "servers": ["192.0.2.1"], "proxy": proxy})
    assert addresses(settings) == expected


def test_the_addresses_of_accessories_are_behind_those_of_the_roles() -> None:
    accessories = {
        "admin": {"image": "a:1", "hosts": ["192.0.2.1", "192.0.2.2"], "proxy": {"app_port": 8080}},
        "mail": {"image": "m:1", "host": "192.0.2.1", "proxy": {"host": "mail.a.test", "ssl": True}},
        "docs": {"image": "d:1", "host": "192.0.2.1", "proxy": {"host": "mail.a.test", "path_prefix": "/docs"}},
        "db": {"image": "d:1", "host": "192.0.2.1"},
    }
    given = {
        "service": "shop",
        "image": "shop",
        "servers": ["192.0.2.1"],
        "proxy": {"host": "shop.test"},
        "accessories": accessories,
    }
    assert addresses(Settings.model_validate(given)) == [
        "http://shop.test",
        "http://192.0.2.1",
        "http://192.0.2.2",
        "https://mail.a.test",
        "https://mail.a.test/docs",
    ]


def test_a_role_below_a_path_is_reached_over_the_https_of_the_role_above_it() -> None:
    servers = {
        "web": {"hosts": ["192.0.2.1"]},
        "api": {"hosts": ["192.0.2.1"], "proxy": {"path_prefix": "/api"}},
    }
    proxy = {"host": "a.test", "ssl": True}
    settings = Settings.model_validate({"service": "shop", "image": "shop", "servers": servers, "proxy": proxy})
    assert addresses(settings) == ["https://a.test", "https://a.test/api"]
    assert list(check_tls(settings)) == []
    api = settings.role_proxies["api"]
    assert api
    assert route_spec(api).ssl is None


def test_a_role_below_a_path_needs_no_certificate_of_its_own() -> None:
    servers = {
        "web": {"hosts": ["192.0.2.1"]},
        "api": {"hosts": ["192.0.2.1"], "proxy": {"path_prefix": "/api"}},
    }
    proxy = {"host": "a.test", "ssl": {"certificate_pem": ["C"], "private_key_pem": ["K"]}}
    given = {"service": "shop", "image": "shop", "servers": servers, "proxy": proxy, "secrets": {"C": "c", "K": "k"}}
    web, api = Settings.model_validate(given).roles
    assert web.certificate
    assert not api.certificate
