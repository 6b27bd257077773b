"""A route changes hands: from a role that leaves, from a former name of the app, or from another owner who is told."""

import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from components.host_tool.errors import StepError
from components.host_tool.verbs import switch

from .conftest import FakeApp
from .fake_docker import Failure, Killed
from .fake_host import OWNER, ROLE, STRANGER, FakeHost, killed_at_every_call

UNHEALTHY = "Error: target failed to become healthy within configured timeout (30s)\n"
DEPLOY = ("exec", "kamal-proxy", "kamal-proxy", "deploy")

# What `web` of `shop` is called from now on.
RENAMES: dict[str, dict[str, Any]] = {
    "role": {"role": "front"},
    "service": {"service": "store"},
    "destination": {"destination": "eu"},
    "stack and destination": {"destination": "eu", "owner": replace(OWNER, stack="acme/shop/eu")},
}


@pytest.fixture
def old(host: FakeHost) -> FakeHost:
    """The app `shop`, whose role `web` has v1."""
    host.release("v1")
    return host


def renamed(old: FakeHost, **changes: Any) -> FakeHost:
    """Return the prepared host for another role or app that wants the same requests."""
    new = old.but(**changes)
    new.prepare()
    return new


def routed(host: FakeHost) -> dict[str, str]:
    """Return the version of the container that each route leads to."""
    return {name: host.routed_container(name).labels["version"] for name in host.docker.routes}


@pytest.fixture(params=list(RENAMES.values()), ids=list(RENAMES))
def new(old: FakeHost, request: pytest.FixtureRequest) -> FakeHost:
    """The host for what the role, service, destination or stack is called now."""
    return renamed(old, **request.param)


def test_a_renamed_one_takes_over_the_route_under_its_name(new: FakeHost, old: FakeHost) -> None:
    new.release("v2")
    assert new.record().route == "shop-web"
    assert routed(new) == {"shop-web": "v2"}
    assert old.record().route_name == "shop-web-2"
    assert old.docker.states() == {"v1": "running", "v2": "running"}


def test_what_was_called_otherwise_is_torn_down_without_the_route(new: FakeHost, old: FakeHost) -> None:
    new.release("v2")
    old.remove()
    assert new.docker.states() == {"v2": "running"}
    assert routed(new) == {"shop-web": "v2"}
    new.remove()
    assert new.docker.containers_by_age == []
    assert not new.folder.kamal.exists()


def test_the_next_version_has_the_same_route(new: FakeHost, old: FakeHost) -> None:
    new.release("v2")
    old.remove()
    new.release("v3")
    assert routed(new) == {"shop-web": "v3"}
    assert new.record().route == "shop-web"


def test_renaming_back_hands_over_again(new: FakeHost, old: FakeHost) -> None:
    """The update that renamed has failed before its teardown."""
    new.release("v2")
    back = old.but(owner=new.owner)
    back.prepare()
    back.release("v3")
    assert routed(back) == {"shop-web": "v3"}
    new.remove()
    assert routed(back) == {"shop-web": "v3"}
    back.release("v4")
    assert routed(back) == {"shop-web": "v4"}


def test_a_refused_switch_leaves_both_as_they_were(new: FakeHost, old: FakeHost, app: FakeApp) -> None:
    release = new.candidate("v2").release
    before = old.record(), new.record()
    app.status = 500
    # kamal-proxy refuses the name of its own at once, and that of the other route when the candidate is not healthy.
    new.docker.failures.append(Failure((*DEPLOY, "shop-web"), 1, UNHEALTHY))
    with pytest.raises(StepError, match="version v2 did not become healthy"):
        new.switch("v2", release)
    assert (old.record(), new.record()) == before
    assert routed(new) == {"shop-web": "v1"}
    new.remove()
    assert old.routed_version() == "v1"


def test_a_lost_switch_is_torn_down_whichever_goes_first(new: FakeHost, old: FakeHost) -> None:
    release = new.candidate("v2").release
    new.docker.failures.append(Failure((*DEPLOY, "shop-web"), 137, ""))
    with pytest.raises(StepError, match="nobody knows whether kamal-proxy would have switched"):
        new.switch("v2", release)
    assert routed(new) == {"shop-web": "v1"}
    new.remove()
    assert routed(old) == {"shop-web": "v1"}
    old.remove()
    assert old.docker.routes == {}


def release_v1_and_start_v2_as(host: FakeHost, changes: dict[str, Any]) -> None:
    host.prepare()
    host.release("v1")
    renamed(host, **changes).candidate("v2")


def switch_to_v2(host: FakeHost) -> None:
    host.switch("v2", host.candidate("v2").release)


@pytest.mark.parametrize("changes", RENAMES.values(), ids=RENAMES)
def test_a_takeover_killed_at_any_moment_serves_on_and_can_be_run_again(
    new_host: Callable[[], FakeHost], changes: dict[str, Any]
) -> None:
    for host in killed_at_every_call(
        new_host, lambda host: release_v1_and_start_v2_as(host, changes), lambda host: switch_to_v2(host.but(**changes))
    ):
        assert routed(host) in ({"shop-web": "v1"}, {"shop-web": "v2"})
        switch_to_v2(host.but(**changes))
        assert routed(host) == {"shop-web": "v2"}
        assert host.record().route_name == "shop-web-2"
        host.remove()
        assert routed(host) == {"shop-web": "v2"}


@pytest.mark.parametrize("changes", RENAMES.values(), ids=RENAMES)
@pytest.mark.parametrize("is_old_first", [True, False], ids=["the old one first", "the new one first"])
def test_a_takeover_killed_at_any_moment_can_be_torn_down(
    new_host: Callable[[], FakeHost], changes: dict[str, Any], is_old_first: bool
) -> None:
    for host in killed_at_every_call(
        new_host, lambda host: release_v1_and_start_v2_as(host, changes), lambda host: switch_to_v2(host.but(**changes))
    ):
        both = (host, host.but(**changes))
        for each in both if is_old_first else reversed(both):
            each.remove()
        assert host.docker.routes == {}
        assert host.docker.containers_by_age == []


@pytest.mark.parametrize("is_run_again", [True, False], ids=["run again", "torn down"])
def test_a_takeover_killed_after_the_route_has_moved_is_known_by_its_name(
    new: FakeHost, old: FakeHost, monkeypatch: pytest.MonkeyPatch, is_run_again: bool
) -> None:
    def killed(*_: object) -> None:
        raise Killed

    release = new.candidate("v2").release
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(switch, "_commit", killed)
        new.switch("v2", release)
    assert routed(new) == {"shop-web": "v2"}
    if is_run_again:
        new.switch("v2", release)
        assert old.record().route_name == "shop-web-2"
    old.remove()
    assert routed(new) == {"shop-web": "v2"}
    new.remove()
    assert new.docker.routes == {}


def test_it_is_found_again_where_kamal_was_lost(new: FakeHost, old: FakeHost) -> None:
    new.release("v2")
    old.remove()
    new.folder.role(new.role).forget()
    new.release("v3")
    assert routed(new) == {"shop-web": "v3"}
    assert new.record().route == "shop-web"


def test_a_role_that_does_not_leave_keeps_its_route(old: FakeHost) -> None:
    front = renamed(old, role="front", roles=("front", "web"))
    with pytest.raises(StepError, match=r"are routed to shop-web, role web of the same app\. First take"):
        front.release("v2")
    assert old.routed_version() == "v1"
    assert front.docker.states() == {"v1": "running", "v2": "running"}


def test_a_role_that_does_not_leave_keeps_its_route_where_other_owners_would_lose_theirs(old: FakeHost) -> None:
    front = renamed(old, role="front", roles=("front", "web"), take_over=True)
    with pytest.raises(StepError, match="role web of the same app"):
        front.release("v2")
    assert old.routed_version() == "v1"


def test_a_new_role_with_the_former_name_of_a_renamed_one_has_a_route_of_its_own(old: FakeHost) -> None:
    front = renamed(old, role="front")
    front.release("v2")
    old.remove()
    web = renamed(front, role="web", roles=("front", "web"), hosts=("admin.test",))
    for version in ("v3", "v4"):
        web.release(version)
        assert routed(web) == {"shop-web": "v2", "shop-web-2": version}
    web.remove()
    assert routed(front) == {"shop-web": "v2"}


def test_a_role_whose_proxy_is_turned_off_lets_its_requests_go(old: FakeHost) -> None:
    """It is deployed after the other one, and removes no route that is not its own."""
    front = renamed(old, role="front")
    front.release("v2")
    worker = old.but(strategy="start-first")
    worker.release("v3")
    assert routed(front) == {"shop-web": "v2"}


# Other owners.


def test_a_role_that_answers_other_requests_is_told_first_whose_a_route_is(old: FakeHost) -> None:
    theirs = renamed(old, service="blog", owner=STRANGER, hosts=("blog.test",))
    theirs.release("v1")
    with pytest.raises(
        StepError, match="are routed to shop-web, role web of the app shop of stack acme/shop/production"
    ):
        theirs.but(hosts=()).release("v2")
    assert routed(theirs) == {"shop-web": "v1", "blog-web": "v1"}


@pytest.fixture
def theirs(old: FakeHost) -> FakeHost:
    """Another owner's app that wants the same requests."""
    return renamed(old, service="blog", owner=STRANGER)


def test_a_route_of_another_owner_is_refused_with_its_name(theirs: FakeHost, old: FakeHost) -> None:
    release = theirs.candidate("v2").release
    before = theirs.record()
    sentence = (
        r"^all requests are routed to shop-web, role web of the app shop of stack acme/shop/production\. Choose another "
        r"proxy\.host or proxy\.path_prefix, or take it over \(pulumi config set deploy:take_over true\)\.$"
    )
    with pytest.raises(StepError, match=sentence):
        theirs.switch("v2", release)
    assert old.routed_version() == "v1"
    assert theirs.record() == before
    assert theirs.docker.states() == {"v1": "running", "v2": "running"}


def test_a_route_of_another_owner_is_refused_with_its_name_to_a_role_that_has_one(old: FakeHost) -> None:
    blog = renamed(old, service="blog", owner=STRANGER, hosts=("blog.test",))
    blog.release("v1")
    with pytest.raises(StepError, match="all requests are routed to shop-web, role web of the app shop of stack acme"):
        blog.but(hosts=()).release("v2")


def test_requests_are_told_as_they_conflict(old: FakeHost) -> None:
    ours = old.but(hosts=("a.test", "b.test"), path="/api")
    ours.release("v2")
    theirs = renamed(old, service="blog", owner=STRANGER, hosts=("b.test", "c.test"), path="/api")
    with pytest.raises(StepError, match=r"^requests for b\.test below /api are routed to shop-web, role web"):
        theirs.release("v1")


def test_a_route_of_which_nothing_is_known_is_refused(old: FakeHost) -> None:
    old.docker.routes["by-hand"] = old.docker.routes["shop-web"]
    theirs = renamed(old, service="blog", owner=STRANGER, hosts=("by-hand.test",))
    old.folder.role(ROLE).forget()
    with pytest.raises(StepError, match="are routed to by-hand, which this program has not deployed"):
        theirs.release("v1")


def test_a_route_that_went_in_the_meantime_is_told(old: FakeHost) -> None:
    release = old.candidate("v2").release
    old.docker.fail(*DEPLOY, said="Error: host settings conflict with another service\n")
    with pytest.raises(StepError, match="which is gone by now"):
        old.switch("v2", release)
    old.switch("v2", release)


def test_a_route_of_another_owner_is_taken_over_where_the_settings_say_so(theirs: FakeHost, old: FakeHost) -> None:
    takes = renamed(theirs, take_over=True)
    takes.release("v2")
    assert routed(takes) == {"shop-web": "v2"}
    assert takes.record().route == "shop-web"


def test_the_loser_neither_takes_the_route_back_nor_removes_it(theirs: FakeHost, old: FakeHost) -> None:
    renamed(theirs, take_over=True).release("v2")
    old.prepare()
    with pytest.raises(
        StepError, match="are routed to shop-web, role web of the app blog of stack acme/other/production"
    ):
        old.release("v3")
    assert routed(theirs) == {"shop-web": "v2"}
    old.remove()
    assert routed(theirs) == {"shop-web": "v2"}


def test_the_loser_may_have_another_route(theirs: FakeHost, old: FakeHost) -> None:
    renamed(theirs, take_over=True).release("v2")
    moved = renamed(old, hosts=("shop.test",))
    moved.release("v3")
    assert routed(moved) == {"shop-web": "v2", "shop-web-2": "v3"}
    moved.release("v4")
    moved.remove()
    assert routed(theirs) == {"shop-web": "v2"}


def test_a_route_goes_back_to_who_had_it_where_the_settings_say_so(theirs: FakeHost, old: FakeHost) -> None:
    renamed(theirs, take_over=True).release("v2")
    back = renamed(old, take_over=True)
    back.release("v3")
    assert routed(back) == {"shop-web": "v3"}
    assert (back.record().route, theirs.record().route_name) == ("", "blog-web")


def test_a_loser_that_was_not_told_does_not_keep_the_name(theirs: FakeHost, old: FakeHost) -> None:
    """The takeover was killed after the route had moved: both records have its name."""
    takes = renamed(theirs, take_over=True)
    takes.release("v2")
    old.folder.role(ROLE).save(replace(old.record(), route=""))
    takes.release("v2")
    assert old.record().route_name == "shop-web-2"


# Roles that exchange their routes.


def with_routes(host: FakeHost, *roles: str) -> list[FakeHost]:
    """Deploy v1 of roles that each have the requests for ROLE.test, and return the host for each of them."""
    made = [host.but(role=role, roles=roles, hosts=(f"{role}.test",)) for role in roles]
    for each in made:
        each.prepare()
        each.release("v1")
    return made


def roles_by_host_name(host: FakeHost) -> dict[str, tuple[str, str]]:
    """Return by host name the role and the version of the running container that its requests go to."""
    found = {}
    for name, (names, _) in host.docker.requests.items():
        labels = host.routed_container(name).labels
        found.update(dict.fromkeys(names, (labels["role"], labels["version"])))
    return found


@pytest.mark.parametrize("version", ["v1", "v2"], ids=["the same containers", "new containers"])
@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_roles_exchange_their_routes_in_any_order(host: FakeHost, version: str, order: tuple[int, ...]) -> None:
    roles = with_routes(host, "a", "b", "c")
    names = ("b.test", "c.test", "a.test")
    for turn in order:
        roles[turn].but(hosts=(names[turn],)).release(version)
        assert roles_by_host_name(host).keys() == set(names)
    exchanged = {name: (role.role, version) for name, role in zip(names, roles, strict=True)}
    assert roles_by_host_name(host) == exchanged
    # What a role has left behind for another one to take is stopped by that one.
    running = [each for each in host.docker.containers_by_age if each.state == "running" and "release" in each.labels]
    assert [each.labels["version"] for each in running] == [version] * 3
    for role, name in zip(roles, names, strict=True):
        role.but(hosts=(name,)).release("v3")
    assert roles_by_host_name(host) == {name: (role, "v3") for name, (role, _) in exchanged.items()}
    for role in roles:
        role.remove()
    assert host.docker.routes == {}
    assert host.docker.containers_by_age == []


def exchange_of_the_first(host: FakeHost) -> None:
    switch_to_v2(host.but(role="a", roles=("a", "b"), hosts=("b.test",)))


@pytest.mark.parametrize("end", ["go on", "go back", "tear down"])
def test_an_exchange_killed_at_any_moment_can_be_ended(new_host: Callable[[], FakeHost], end: str) -> None:
    for host in killed_at_every_call(new_host, lambda host: with_routes(host, "a", "b"), exchange_of_the_first):
        assert roles_by_host_name(host).keys() == {"a.test", "b.test"}
        a, b = (host.but(role=role, roles=("a", "b")) for role in ("a", "b"))
        if end != "tear down":
            hosts = ("b.test", "a.test") if end == "go on" else ("a.test", "b.test")
            a.but(hosts=hosts[:1]).release("v2")
            b.but(hosts=hosts[1:]).release("v2")
            assert roles_by_host_name(host) == {hosts[0]: ("a", "v2"), hosts[1]: ("b", "v2")}
        for each in (a, b):
            each.remove()
        assert host.docker.routes == {}
        assert host.docker.containers_by_age == []


def test_a_role_takes_no_part_of_what_another_one_has_that_stays(host: FakeHost) -> None:
    a, b = with_routes(host, "a", "b")
    b.but(hosts=("b.test", "b2.test")).release("v2")
    with pytest.raises(
        StepError, match=r"requests for b\.test are routed to shop-b, role b of the same app\. First take"
    ):
        a.but(hosts=("b.test",)).release("v2")
    assert roles_by_host_name(host) == {"a.test": ("a", "v1"), "b.test": ("b", "v2"), "b2.test": ("b", "v2")}


# What cannot change hands without a failed request.


def test_two_routes_cannot_change_hands_at_once(old: FakeHost) -> None:
    web = old.but(hosts=("a.test",), roles=("web", "api"))
    web.prepare()
    web.release("v1")
    api = web.but(role="api", hosts=("b.test",))
    api.release("v2")
    front = renamed(web, role="front", roles=(), hosts=("a.test", "b.test"))
    with pytest.raises(StepError, match=r"Remove the routes shop-api, shop-web in a deploy of their own first"):
        front.release("v3")
    assert routed(front) == {"shop-web": "v1", "shop-api": "v2"}


def test_a_role_that_answers_requests_cannot_take_over_others(old: FakeHost) -> None:
    web, api = old.but(hosts=("a.test",)), old.but(role="api", hosts=("b.test",))
    web.release("v1")
    api.release("v2")
    more = web.but(hosts=("a.test", "b.test"))
    with pytest.raises(StepError, match=r"requests for b\.test cannot change hands .* Remove the routes shop-api in"):
        more.release("v3")
    assert routed(web) == {"shop-web": "v1", "shop-api": "v2"}
    api.remove()
    more.release("v3")
    assert routed(web) == {"shop-web": "v3"}
