"""takeover: what the former owner of an app has and the new one does not want goes, and nothing else."""

from collections.abc import Callable

import pytest

from components.host_tool.owner import Owner
from components.host_tool.verbs import takeover

from .fake_host import OWNER, STRANGER, FakeHost, killed_at_every_call


def take_over(host: FakeHost) -> None:
    words = (host.owner.id, host.owner.stack)
    host.run("takeover", lambda step: takeover.run(step, *words))


def former(host: FakeHost) -> None:
    """Deploy the roles web and api for the former owner."""
    host.roles = ("web", "api")
    host.prepare()
    host.release("v1")
    host.but(role="api", hosts=("api.test",)).release("v1")


@pytest.fixture
def theirs(host: FakeHost) -> FakeHost:
    """The same app, taken over by another owner, who wants the role web alone and has switched it."""
    former(host)
    theirs = host.but(owner=STRANGER, take_over=True, roles=("web",))
    theirs.prepare()
    theirs.release("v2")
    return theirs


def roles(host: FakeHost) -> set[str]:
    """The roles that have containers on a host, or a route, or a folder."""
    of_containers = {each.labels["role"] for each in host.docker.containers_by_age if "role" in each.labels}
    of_routes = {route.removeprefix("shop-") for route in host.docker.routes}
    return of_containers | of_routes | {folder.path.name for folder in host.folder.roles()}


def test_a_role_that_the_new_owner_does_not_want_is_removed_with_its_route(theirs: FakeHost) -> None:
    assert roles(theirs) == {"web", "api"}
    take_over(theirs)
    assert roles(theirs) == {"web"}
    assert theirs.routed_version() == "v2"
    assert theirs.held_by() == theirs.resource


def test_the_former_owners_teardown_and_the_new_ones_may_come_after_it(theirs: FakeHost, host: FakeHost) -> None:
    take_over(theirs)
    host.but(role="api").remove()
    assert theirs.routed_version() == "v2"
    theirs.remove()
    assert not theirs.folder.kamal.exists()


@pytest.mark.parametrize(
    ("is_set", "asks"), [(False, OWNER), (True, STRANGER)], ids=["nothing is taken over", "another owner asks"]
)
def test_nothing_is_removed_where(host: FakeHost, is_set: bool, asks: Owner) -> None:
    former(host)
    host.but(take_over=is_set, roles=("web",)).prepare()
    take_over(host.but(owner=asks))
    assert roles(host) == {"web", "api"}


def test_the_apps_of_others_stay(theirs: FakeHost) -> None:
    blog = theirs.but(service="blog", hosts=("blog.test",), roles=("web",), take_over=False)
    blog.prepare()
    blog.release("v1")
    take_over(theirs)
    assert blog.routed_version() == "v1"


def taken_over(host: FakeHost) -> None:
    former(host)
    new_owner(host).prepare()
    new_owner(host).release("v2")


def new_owner(host: FakeHost) -> FakeHost:
    return host.but(owner=STRANGER, take_over=True, roles=("web",))


def test_it_is_done_again_where_it_was_killed(new_host: Callable[[], FakeHost]) -> None:
    for host in killed_at_every_call(new_host, taken_over, lambda host: take_over(new_owner(host))):
        take_over(new_owner(host))
        assert roles(host) == {"web"}
