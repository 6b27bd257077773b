"""What a host tells of its apps: whose they are, and which names are taken."""

from pathlib import Path

import pytest

from components.host_tool.owner import Owner
from components.host_tool.records.app_folder import AppFolder
from components.host_tool.records.apps import app_facts
from components.host_tool.records.records import AppRecord, RoleRecord
from components.host_tool.result import AppFacts

OWNER = Owner("0123456789abcdef", "acme/shop/production")
WEB = RoleRecord("shop", "web", "eu", "10.0.0.1")


@pytest.fixture
def folder(tmp_path: Path) -> AppFolder:
    return AppFolder("shop-eu", tmp_path)


def test_an_app_of_which_nothing_is_known_has_no_names(folder: AppFolder) -> None:
    assert app_facts(folder) == AppFacts("shop-eu", {}, {})


def test_the_roles_that_the_owner_wants_have_names_before_they_have_containers(folder: AppFolder) -> None:
    folder.save_app(AppRecord("shop", "eu", OWNER, ("web", "jobs")))
    assert app_facts(folder) == AppFacts("shop-eu", {"web": "shop-web-eu", "jobs": "shop-jobs-eu"}, {}, owner=OWNER)


def test_a_role_that_leaves_has_its_names_until_it_is_gone(folder: AppFolder) -> None:
    folder.save_app(AppRecord("shop", "eu", OWNER, ("front",)))
    folder.role("web").save(WEB)
    facts = app_facts(folder)
    assert facts.prefixes == {"front": "shop-front-eu", "web": "shop-web-eu"}
    assert facts.routes == {"web": "shop-web-eu"}


@pytest.mark.parametrize(
    ("record", "routes"),
    [
        (RoleRecord("shop", "web", "eu", "10.0.0.1", routed=False), {}),
        (RoleRecord("shop", "web", "eu", "10.0.0.1", route="shop-front-eu"), {"web": "shop-front-eu"}),
    ],
    ids=["no requests", "a route that was taken over"],
)
def test_a_route_is_told_by_the_name_that_it_has(folder: AppFolder, record: RoleRecord, routes: dict[str, str]) -> None:
    folder.role("web").save(record)
    assert app_facts(folder).routes == routes
