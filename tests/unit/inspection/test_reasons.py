"""The steps of a host run again where it is not as the last deploy left it, and only there."""

from dataclasses import replace
from typing import Any

import pytest

from components.host_tool.owner import Owner
from components.host_tool.result import ContainerFacts, HostFacts, RouteFacts
from components.host_tool.spec import RouteSpec
from components.inspection.reasons import HostReasons, RoleReasons, reasons
from components.inspection.state import HostState, RoleState
from tests.unit.inspection.host_values import (
    BLOG,
    FACTS,
    NEWER,
    OTHER,
    OWNER,
    PROXY,
    ROUTE,
    RUN,
    SHOP,
    SINCE,
    STATE,
    TOLD,
    WANTED,
    WEB,
    WEB_ROLE,
    WORKER,
    WORKER_ROLE,
)

AS_IT_WAS = RoleReasons()


def host(**changes: Any) -> HostFacts:
    """The host with other facts."""
    return replace(FACTS, **changes)


def web(**changes: Any) -> HostFacts:
    """The host with other facts of the role web."""
    return host(roles={**FACTS.roles, "web": replace(WEB_ROLE, **changes)})


def web_container(**changes: Any) -> HostFacts:
    """The host with other facts of web's container."""
    return web(container=replace(WEB, **changes))


def routed(**changes: Any) -> HostFacts:
    """The host with another route of web."""
    by_hand = RouteFacts(("by-hand.test",), ("/",), ("9cd0bebb0000:80",))
    return host(routes={"shop-web": replace(ROUTE, **changes), "by-hand": by_hand})


def worker(**changes: Any) -> HostFacts:
    """The host with other facts of the role worker."""
    return host(roles={**FACTS.roles, "worker": replace(WORKER_ROLE, **changes)})


def stray(**changes: Any) -> ContainerFacts:
    """A container of version v2 of web, beside the current one."""
    return replace(NEWER, **changes)


def only(name: str, **of_role: str) -> HostReasons:
    """Reasons of one role, and none else."""
    return HostReasons(roles={"web": AS_IT_WAS, "worker": AS_IT_WAS, name: RoleReasons(**of_role)})


def test_a_host_that_is_as_the_last_deploy_left_it_gives_no_reason() -> None:
    assert reasons(WANTED, STATE, FACTS) == HostReasons(roles={"web": AS_IT_WAS, "worker": AS_IT_WAS})


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        pytest.param(host(prepared=False), "this app is not known on the host any more", id="host.json is gone"),
        pytest.param(host(apps=(BLOG,)), "this app is not known on the host any more", id="the app's folder is gone"),
        pytest.param(
            host(apps=(replace(SHOP, owner=None),)),
            "the app shop belongs to a stack that nobody has noted on the host",
            id="the note of the app's owner is gone",
        ),
        pytest.param(
            host(apps=(replace(SHOP, owner=OTHER),)),
            "the app shop belongs to stack org/blog/prod on the host",
            id="another stack has taken the app over",
        ),
        pytest.param(
            host(tool=False), "the host tool of this release of the program is missing", id="the host tool is gone"
        ),
        pytest.param(host(network=False), "the network kamal is gone", id="the network is gone"),
        pytest.param(host(proxy=None), "kamal-proxy (container 1234abcd) is gone", id="kamal-proxy is gone"),
        pytest.param(
            host(proxy=replace(PROXY, state="exited")),
            f"kamal-proxy (container 1234abcd) is not running (exited since {SINCE})",
            id="kamal-proxy is stopped",
        ),
        pytest.param(
            host(replacing=True),
            "a replacement of kamal-proxy (container 1234abcd) was interrupted",
            id="a replacement of kamal-proxy was interrupted when both were there",
        ),
        pytest.param(
            host(proxy=None, replacing=True),
            "a replacement of kamal-proxy (container 1234abcd) was interrupted",
            id="a replacement of kamal-proxy was interrupted when only the old one was there",
        ),
        pytest.param(
            host(proxy=replace(PROXY, image="basecamp/kamal-proxy:v0.9.1")),
            "kamal-proxy (container 1234abcd) runs as kamal-proxy:v0.9.1, not as proxy.run says",
            id="kamal-proxy has another version",
        ),
        pytest.param(
            host(proxy=replace(PROXY, boot="other")),
            "kamal-proxy (container 1234abcd) runs with other options than proxy.run has",
            id="kamal-proxy has other options",
        ),
    ],
)
def test_a_host_is_prepared_again_where(facts: HostFacts, sentence: str) -> None:
    found = reasons(WANTED, STATE, facts)
    assert found.prepare == sentence
    assert found.roles == {"web": AS_IT_WAS, "worker": AS_IT_WAS}


def test_a_kamal_proxy_is_gone_that_the_state_does_not_know() -> None:
    assert reasons(WANTED, replace(STATE, proxy=""), host(proxy=None)).prepare == "kamal-proxy is gone"


def test_a_host_without_proxied_roles_needs_no_kamal_proxy() -> None:
    wanted = replace(WANTED, roles={"worker": WANTED.roles["worker"]}, proxy=None)
    assert reasons(wanted, STATE, host(proxy=None, routes=None, replacing=True)) == HostReasons(
        roles={"worker": AS_IT_WAS}
    )


@pytest.mark.parametrize(
    ("facts", "run", "replaces"),
    [
        pytest.param(FACTS, RUN, False, id="it is as proxy.run says"),
        pytest.param(host(proxy=None), RUN, False, id="there is none: nothing is interrupted"),
        pytest.param(FACTS, replace(RUN, http_port=8080), True, id="proxy.run says otherwise"),
        pytest.param(host(replacing=True), RUN, True, id="a replacement was interrupted"),
        pytest.param(host(apps=(SHOP, BLOG)), replace(RUN, http_port=8080), False, id="other stacks use it"),
        pytest.param(
            host(apps=(SHOP, replace(BLOG, owner=None))),
            replace(RUN, http_port=8080),
            False,
            id="an app uses it of which nobody knows the owner",
        ),
        pytest.param(
            host(apps=(SHOP, replace(BLOG, owner=OWNER))),
            replace(RUN, http_port=8080),
            True,
            id="only other apps of the same owner use it",
        ),
        pytest.param(
            host(apps=(SHOP, BLOG)),
            replace(RUN, http_port=8080, replace=True),
            True,
            id="other stacks use it, and proxy.run.replace is set",
        ),
    ],
)
def test_kamal_proxy_is_replaced_or_not_where(facts: HostFacts, run: Any, replaces: bool) -> None:
    assert reasons(replace(WANTED, proxy=run), STATE, facts).replaces_proxy is replaces


@pytest.mark.parametrize(
    ("facts", "role", "sentence"),
    [
        pytest.param(web(secrets=()), "web", "the secrets 5ec2e75e of web are gone", id="the role's secrets are gone"),
        pytest.param(
            web(secrets=("0123",)), "web", "the secrets 5ec2e75e of web are gone", id="there are older secrets only"
        ),
    ],
)
def test_secrets_are_left_again_where(facts: HostFacts, role: str, sentence: str) -> None:
    assert reasons(WANTED, STATE, facts) == only(role, secrets=sentence)


def test_a_first_deploy_that_failed_before_it_started_a_container_is_no_loss() -> None:
    begun = replace(WEB_ROLE, host="", current="", container=None, certificates=("c0ffee",))
    state = replace(STATE, roles={"web": RoleState(secrets_hash="5ec2e75ec2e7", certificate_hash="c0ffee")})
    assert reasons(WANTED, state, host(roles={"web": begun})).roles == {"web": AS_IT_WAS}


def test_the_registrys_login_is_left_again_where_it_is_gone() -> None:
    found = reasons(WANTED, STATE, host(login=False)).roles
    assert {name: role.secrets for name, role in found.items()} == {
        "web": "the registry's login is gone, which web needs",
        "worker": "the registry's login is gone, which worker needs",
    }


def test_a_registry_without_login_needs_none() -> None:
    assert reasons(replace(WANTED, login=False), STATE, host(login=False)).roles["web"] == AS_IT_WAS


@pytest.mark.parametrize(
    ("facts", "role", "sentence"),
    [
        pytest.param(web(container=None), "web", "container 9cd0bebb of web is gone", id="the container is gone"),
        pytest.param(
            web(current="fed", version="v2", container=None),
            "web",
            "the container of version v2 of web is gone",
            id="a container is gone that the state does not know",
        ),
        pytest.param(
            worker(container=None), "worker", "container 5e5e5e5e of worker is gone", id="a worker's container is gone"
        ),
        pytest.param(
            web_container(state="exited"),
            "web",
            f"container 9cd0bebb of web is not running (exited since {SINCE})",
            id="the container is stopped",
        ),
        pytest.param(
            web_container(state="paused"),
            "web",
            f"container 9cd0bebb of web is not running (paused since {SINCE})",
            id="the container is paused",
        ),
        pytest.param(
            web_container(id="b0b0b0b00000"),
            "web",
            "container 9cd0bebb of web was replaced by b0b0b0b0",
            id="the container was made again by hand",
        ),
        pytest.param(
            host(routes={}),
            "web",
            "kamal-proxy does not route to container 9cd0bebb of web",
            id="the route is gone",
        ),
        pytest.param(
            routed(targets=("b10gb10gb10g:80",)),
            "web",
            "kamal-proxy does not route to container 9cd0bebb of web",
            id="its route leads elsewhere, and another one to its container",
        ),
        pytest.param(
            routed(hosts=("other.example.com", "shop.example.com")),
            "web",
            "kamal-proxy routes requests for other.example.com, shop.example.com to container 9cd0bebb of web, where the "
            "last deploy left requests for shop.example.com",
            id="the route has one host name more",
        ),
        pytest.param(
            routed(hosts=(), paths=("/api",)),
            "web",
            "kamal-proxy routes all requests below /api to container 9cd0bebb of web, where the last deploy left requests "
            "for shop.example.com",
            id="the route has other requests",
        ),
        pytest.param(
            routed(state="stopped"),
            "web",
            "kamal-proxy has stopped the requests for container 9cd0bebb of web, where the last deploy left no maintenance",
            id="maintenance was turned on by hand",
        ),
        pytest.param(
            routed(state="paused"),
            "web",
            "kamal-proxy has paused the requests for container 9cd0bebb of web, where the last deploy left no maintenance",
            id="requests were paused by hand",
        ),
        pytest.param(
            routed(tls=True),
            "web",
            "kamal-proxy serves HTTPS for container 9cd0bebb of web, otherwise than the last deploy left it",
            id="HTTPS was turned on by hand",
        ),
        pytest.param(
            web(lost_files=("error_pages-12",)),
            "web",
            "kamal-proxy has lost error_pages-12, which it needs for container 9cd0bebb of web",
            id="files of the route are gone",
        ),
        pytest.param(
            host(routes=None),
            "web",
            "kamal-proxy does not say whether it routes to container 9cd0bebb of web",
            id="kamal-proxy does not answer",
        ),
        pytest.param(
            worker(container=replace(WORKER, routed=True)),
            "worker",
            "kamal-proxy routes to container 5e5e5e5e of worker, which has no proxy",
            id="a worker is routed to",
        ),
        pytest.param(
            web(current="fed", version="v2", container=replace(NEWER, routed=True)),
            "web",
            "web runs version v2 (container 77aa77aa) where the last deploy left v1 (container 9cd0bebb)",
            id="another version was switched to",
        ),
        pytest.param(
            web(switching="v2"),
            "web",
            "a switch of web to version v2 was interrupted",
            id="a switch was interrupted",
        ),
        pytest.param(
            web(strays=(stray(),)),
            "web",
            "container 77aa77aa of version v2 of web runs beside the current one",
            id="a candidate was left",
        ),
        pytest.param(
            web(strays=(stray(routed=True, state="exited"),)),
            "web",
            "container 77aa77aa of version v2 of web is routed to by kamal-proxy beside the current one",
            id="an old container is routed to",
        ),
        pytest.param(
            web(current="", version="", container=None, strays=(stray(),)),
            "web",
            "nothing is known of web on the host any more (container 9cd0bebb)",
            id="only a candidate is known of the role",
        ),
    ],
)
def test_a_release_is_put_right_where(facts: HostFacts, role: str, sentence: str) -> None:
    assert reasons(WANTED, STATE, facts) == only(role, release=sentence)


@pytest.mark.parametrize(
    ("told", "there"),
    [
        pytest.param(TOLD, routed(paths=("/",)), id="as kamal-proxy lists it"),
        pytest.param(replace(TOLD, path_prefix="/api/"), routed(paths=("/api",)), id="a path without its last slash"),
        pytest.param(replace(TOLD, hosts=()), routed(hosts=()), id="all host names"),
        pytest.param(
            replace(TOLD, hosts=("b.test", "a.test")), routed(hosts=("a.test", "b.test")), id="in another order"
        ),
        pytest.param(None, routed(hosts=("other.test",)), id="the state does not say what the switch was told"),
    ],
)
def test_a_route_is_as_the_last_switch_was_told_where(told: RouteSpec | None, there: HostFacts) -> None:
    state = replace(STATE, roles={**STATE.roles, "web": replace(STATE.roles["web"], route=told)})
    assert reasons(WANTED, state, there).roles["web"] == AS_IT_WAS


def test_requests_that_only_the_settings_have_changed_give_no_reason() -> None:
    wanted = replace(WANTED, roles={**WANTED.roles, "web": replace(WANTED.roles["web"], hosts=("new.test",))})
    assert reasons(wanted, STATE, FACTS).roles["web"] == AS_IT_WAS


CANDIDATE = replace(STATE, roles={**STATE.roles, "web": replace(STATE.roles["web"], candidate="fed")})
"""The state after an update that failed between its candidate and its switch."""


def test_a_candidate_that_a_failed_update_has_left_gives_no_reason() -> None:
    assert reasons(WANTED, CANDIDATE, web(strays=(stray(),))).roles["web"] == AS_IT_WAS


@pytest.mark.parametrize("left", [stray(release="0ther"), stray(routed=True)], ids=["another one", "routed to"])
def test_what_else_runs_beside_the_current_one_gives_a_reason(left: ContainerFacts) -> None:
    assert "beside the current one" in reasons(WANTED, CANDIDATE, web(strays=(stray(), left))).roles["web"].release


def test_a_machine_that_has_lost_all_gives_reasons_for_all() -> None:
    lost = host(network=False, proxy=None, routes=None, tool=False, prepared=False, login=False, apps=(), roles={})
    found = reasons(WANTED, STATE, lost)
    assert found.prepare
    assert found.roles["web"].secrets
    assert {name: role.release for name, role in found.roles.items()} == {
        "web": "nothing is known of web on the host any more (container 9cd0bebb)",
        "worker": "nothing is known of worker on the host any more (container 5e5e5e5e)",
    }


def test_the_next_loss_of_the_same_kind_has_another_reason() -> None:
    first = reasons(WANTED, STATE, web(container=None))
    repaired = {**STATE.roles, "web": RoleState("abc", "00112233", "v1", "-")}
    assert reasons(WANTED, replace(STATE, roles=repaired), web(container=None)) != first


def test_a_candidate_is_started_again_whose_machine_was_lost_before_its_first_switch() -> None:
    state = replace(STATE, roles={"web": RoleState(candidate="abc0123456789", secrets_hash="5ec2e75ec2e7")})
    assert reasons(WANTED, state, host(roles={})).roles == {
        "web": RoleReasons(
            secrets="the secrets 5ec2e75e of web are gone",
            release="nothing is known of web on the host any more (release abc01234)",
        )
    }
    before_its_switch = web(current="", version="", container=None)
    assert reasons(WANTED, state, before_its_switch).roles == {"web": AS_IT_WAS}


def test_an_owner_whose_id_the_state_does_not_know_gives_no_reason() -> None:
    unknown = replace(WANTED, owner=Owner("", OWNER.stack))
    assert reasons(unknown, STATE, host(apps=(replace(SHOP, owner=None),))).prepare == ""


def test_a_step_that_the_state_does_not_have_has_no_reason() -> None:
    lost = host(network=False, proxy=None, routes=None, tool=False, prepared=False, login=False, apps=(), roles={})
    assert reasons(WANTED, HostState(), lost) == HostReasons()


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        pytest.param(FACTS, "", id="it runs"),
        pytest.param(host(roles={}), "", id="nothing is known of it, as before the first switch"),
        pytest.param(
            web(switching="v2"), "a switch of web to version v2 was interrupted", id="a switch was interrupted"
        ),
        pytest.param(
            web(container=None), "the container of version v1 of web is gone", id="the container of its record is gone"
        ),
    ],
)
def test_a_role_whose_state_does_not_say_what_it_left_is_judged_by_the_host(facts: HostFacts, sentence: str) -> None:
    state = replace(STATE, roles={"web": RoleState()})
    assert reasons(WANTED, state, facts).roles == {"web": RoleReasons(release=sentence)}


def test_without_docker_nothing_is_known_and_nothing_gives_a_reason() -> None:
    unknown = host(docker_problem="Docker is not installed", network=False, proxy=None, routes=None)
    assert reasons(WANTED, STATE, unknown) == HostReasons()


def test_a_host_whose_docker_will_be_installed_again_has_lost_everything() -> None:
    unknown = host(
        docker_problem="Docker is not installed", install_problem="", network=False, proxy=None, routes=None, roles={}
    )
    found = reasons(replace(WANTED, docker_install=True), STATE, unknown)
    assert found.prepare == "the network kamal is gone"
    assert all(role.release for role in found.roles.values())


def test_a_role_that_the_settings_do_not_want_gives_no_reason() -> None:
    wanted = replace(WANTED, roles={"web": WANTED.roles["web"]})
    assert reasons(wanted, STATE, worker(container=None)).roles == {"web": AS_IT_WAS}


def test_an_unhealthy_container_is_a_warning_and_no_reason() -> None:
    found = reasons(WANTED, STATE, web_container(health="unhealthy"))
    assert found.roles["web"] == AS_IT_WAS
    assert found.warnings == (
        "container 9cd0bebb of web is unhealthy by its own health check: see docker logs shop-web-v1-abc",
    )


def test_the_replacement_of_a_kamal_proxy_that_runs_is_announced() -> None:
    older = replace(PROXY, image="basecamp/kamal-proxy:v0.9.1")
    assert reasons(WANTED, STATE, host(proxy=older)).warnings == (
        "kamal-proxy will be replaced: requests to this host fail for about a second. Hosts are done one after the other",
    )
    assert reasons(WANTED, STATE, host(proxy=replace(older, state="exited"))).warnings == ()


def test_a_kamal_proxy_that_is_kept_for_other_stacks_is_a_warning_and_no_reason() -> None:
    found = reasons(WANTED, STATE, host(apps=(SHOP, BLOG), proxy=replace(PROXY, image="basecamp/kamal-proxy:v0.9.1")))
    assert found.prepare == ""
    (warning,) = found.warnings
    assert warning == (
        "kamal-proxy stays as it is (kamal-proxy:v0.9.1) though proxy.run says otherwise, because apps of other stacks "
        "use it. To replace it all the same: pulumi config set --path deploy:proxy.run.replace true"
    )


def test_a_kamal_proxy_that_kamal_booted_with_other_options_is_a_warning_until_it_is_replaced() -> None:
    theirs = replace(PROXY, boot="", options={"log_max_size": ("20m",), "options.label": ("team=shop",)})
    found = reasons(WANTED, STATE, host(proxy=theirs))
    assert (found.prepare, found.replaces_proxy) == ("", False)
    assert found.warnings == (
        (
            "kamal-proxy stays as Kamal has booted it, though proxy.run has other values (log_max_size). To replace it: pulumi "
            "config set --path deploy:proxy.run.replace true. Requests to this host fail for about a second then"
        ),
    )
    assert reasons(WANTED, STATE, host(proxy=replace(theirs, options={"log_max_size": ("10m",)}))).warnings == ()
    assert WANTED.proxy
    told = reasons(replace(WANTED, proxy=replace(WANTED.proxy, replace=True)), STATE, host(proxy=theirs))
    assert told.replaces_proxy
    assert told.prepare == "kamal-proxy (container 1234abcd) runs with other options than proxy.run has"


SECURED = replace(
    STATE,
    roles={
        **STATE.roles,
        "web": replace(
            STATE.roles["web"], certificate_hash="ce47ce47ce47", in_maintenance=True, route=replace(TOLD, ssl=True)
        ),
    },
)
IN_MAINTENANCE = {"shop-web": replace(ROUTE, state="stopped", tls=True)}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({}, AS_IT_WAS, id="as the last deploy left it"),
        pytest.param(
            {"certificates": ()},
            RoleReasons(certificate="the certificate ce47ce47 of web is gone"),
            id="no certificate",
        ),
        pytest.param(
            {"tls": False},
            RoleReasons(
                release="kamal-proxy serves no HTTPS for container 9cd0bebb of web, otherwise than the last deploy left it"
            ),
            id="no HTTPS",
        ),
        pytest.param(
            {"state": "running"},
            RoleReasons(
                release="kamal-proxy passes requests on to container 9cd0bebb of web, where the last deploy left a maintenance"
            ),
            id="no maintenance",
        ),
    ],
)
def test_https_and_maintenance_are_kept(changes: dict[str, Any], expected: RoleReasons) -> None:
    route = replace(IN_MAINTENANCE["shop-web"], **{key: changes[key] for key in ("state", "tls") if key in changes})
    role = replace(WEB_ROLE, certificates=changes.get("certificates", ("ce47ce47ce47",)))
    facts = host(routes={"shop-web": route}, roles={**FACTS.roles, "web": role})
    assert reasons(WANTED, SECURED, facts).roles["web"] == expected
