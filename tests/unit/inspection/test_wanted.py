"""What the settings want on a host, as it is compared with what the host says."""

from pathlib import Path
from typing import Any

import pytest

from components.host_tool.owner import Owner
from components.host_tool.spec import ProxyRunSpec
from components.inspection.wanted import Wanted, WantedRole, wanted_on
from tests.unit.settings.loading import load

OWNER = Owner("0123", "org/shop/prod")


def wanted(folder: Path, host: str = "a.test", **settings: Any) -> Wanted:
    """What the settings of a small app want on a host."""
    servers = {"web": ["a.test", "b.test"], "worker": {"hosts": ["b.test", "c.test"]}}
    return wanted_on(host, load(folder, **{"servers": servers, "destination": "eu", **settings}), OWNER)


def test_a_host_gets_its_roles_under_kamals_names(tmp_path: Path) -> None:
    web = WantedRole("shop-web-eu", (), ("/",), proxied=True)
    worker = WantedRole("shop-worker-eu", (), ("/",), proxied=False)
    assert wanted(tmp_path).roles == {"web": web}
    assert wanted(tmp_path, "b.test").roles == {"web": web, "worker": worker}
    assert wanted(tmp_path, "c.test").roles == {"worker": worker}


def test_a_role_has_the_host_names_and_the_path_of_its_proxy(tmp_path: Path) -> None:
    found = wanted(tmp_path, proxy={"hosts": ["www.example.com", "example.com"], "path_prefix": "/api"})
    assert found.roles["web"] == WantedRole("shop-web-eu", ("www.example.com", "example.com"), ("/api",), proxied=True)


def test_a_host_needs_kamal_proxy_where_one_of_its_roles_gets_requests(tmp_path: Path) -> None:
    run = ProxyRunSpec("basecamp/kamal-proxy:v0.9.2", 80, 443, "10m", {}, replace=False)
    assert wanted(tmp_path, "b.test").proxy == run
    assert wanted(tmp_path, "c.test").proxy is None


@pytest.mark.parametrize(
    ("settings", "login"),
    [
        ({}, False),
        ({"registry": {"username": "u", "password": ["TOKEN"]}, "secrets": {"TOKEN": "t"}}, True),
    ],
    ids=["anybody may pull", "a login"],
)
def test_a_login_is_wanted_where_the_registry_needs_one(tmp_path: Path, settings: Any, login: bool) -> None:
    assert wanted(tmp_path, **settings).login is login


def test_the_app_has_an_owner_and_says_whether_it_takes_over(tmp_path: Path) -> None:
    found = wanted(tmp_path)
    assert (found.host, found.app, found.owner, found.take_over) == ("a.test", "shop-eu", OWNER, False)
    assert wanted(tmp_path, take_over=True).take_over
