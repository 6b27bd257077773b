"""What the first release remembered of a role is read without changing it."""

from pathlib import Path

import pytest

from components.host_tool.records.app_folder import AppFolder
from components.host_tool.records.apps import app_facts, role_records
from components.host_tool.records.former_record import former_record
from components.host_tool.records.records import RoleRecord
from components.host_tool.records.role_folder import RoleFolder

NAMES = 'service: "shop"\nrole: "web"\ndestination: "eu"\nhost: "10.0.0.1"\n'
ROUTED = RoleRecord("shop", "web", "eu", "10.0.0.1", current="aaaa", previous="bbbb")


@pytest.fixture
def app(tmp_path: Path) -> AppFolder:
    """An app that the first release has deployed."""
    role = tmp_path / "apps/shop-eu/roles/web"
    (role / "releases/aaaa").mkdir(parents=True)
    (role / "names").write_text(NAMES)
    (role / "current").write_text("aaaa\n")
    (role / "previous").write_text("bbbb\n")
    (role / "releases/aaaa/spec").write_text('mode: "proxy"\n')
    return AppFolder("shop-eu", tmp_path)


def test_it_is_read_as_todays_record(app: AppFolder) -> None:
    before = sorted(app.path.rglob("*"))
    assert former_record(app.role("web")) == ROUTED
    assert sorted(app.path.rglob("*")) == before


def test_a_role_without_requests_has_no_route(app: AppFolder) -> None:
    (app.role("web").path / "releases/aaaa/spec").write_text('mode: "worker"\n')
    assert app_facts(app).routes == {}


def test_its_names_are_known_to_other_apps(app: AppFolder) -> None:
    facts = app_facts(app)
    assert facts.prefixes == facts.routes == {"web": "shop-web-eu"}


def test_todays_record_counts_where_both_are_there(app: AppFolder) -> None:
    record = RoleRecord("shop", "web", "eu", "10.0.0.1", current="cccc")
    app.role("web").save(record)
    assert role_records(app) == {"web": record}


def test_a_role_that_the_first_release_has_not_deployed_has_none(tmp_path: Path) -> None:
    assert former_record(RoleFolder(tmp_path)) is None
