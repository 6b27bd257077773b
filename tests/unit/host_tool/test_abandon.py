"""abandon: only the resource that holds an app lets go of it."""

from dataclasses import replace

import pytest

from components.host_tool.owner import Owner
from components.host_tool.verbs import abandon

from .fake_host import OWNER, STRANGER, FakeHost


@pytest.fixture
def deployed(host: FakeHost) -> FakeHost:
    """A host with v1."""
    host.prepare()
    host.release("v1")
    return host


def let_go(host: FakeHost, owner: Owner, resource: str) -> None:
    host.run("abandon", lambda step: abandon.run(step, owner.id, owner.stack, resource))


@pytest.mark.parametrize(
    "owner",
    [OWNER, replace(OWNER, stack="acme/shop/renamed"), replace(OWNER, id="new")],
    ids=["as it was", "a renamed stack", "a stack whose state was lost"],
)
def test_the_resource_that_holds_an_app_lets_go_of_it(deployed: FakeHost, owner: Owner) -> None:
    let_go(deployed, owner, deployed.resource)
    assert deployed.held_by() == ""
    assert deployed.routed_version() == "v1"


@pytest.mark.parametrize(
    ("owner", "resource"), [(OWNER, "urn:other"), (STRANGER, None)], ids=["another resource", "another owner"]
)
def test_nobody_else_does(deployed: FakeHost, owner: Owner, resource: str | None) -> None:
    let_go(deployed, owner, resource or deployed.resource)
    assert deployed.held_by() == deployed.resource


def test_the_resource_of_a_host_that_was_spelled_otherwise_does_not(deployed: FakeHost) -> None:
    renamed = deployed.but(address="host.test")
    renamed.prepare()
    deployed.abandon()
    assert deployed.held_by() == renamed.resource


def test_where_there_is_nothing_nothing_is_made(deployed: FakeHost) -> None:
    other = deployed.but(service="other")
    other.abandon()
    assert not other.folder.path.exists()
