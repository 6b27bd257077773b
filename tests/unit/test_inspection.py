"""What the look at the hosts changes in what the program declares: which steps run again, where, and in which order."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pulumi
import pytest

from components.host_tool.json_codec import to_json
from components.host_tool.owner import Owner
from components.host_tool.proxy_container import boot_hash
from components.host_tool.result import (
    AppFacts,
    ContainerFacts,
    HostFacts,
    KeptCertificate,
    KeptSecrets,
    Prepared,
    ProxyFacts,
    RoleFacts,
    RouteFacts,
    Running,
    StartedCandidate,
)
from components.host_tool.spec import ProxyRunSpec
from components.inspection.look import NoAnswer
from tests.certificates import issue
from tests.unit.graph import DIGEST, HOSTS, NEW_HOST, PINNED, Graph, add_hooks, declare

FIRST, SECOND = HOSTS
ID = "0wner"
STACK = "acme/deploy/prod"
SINCE = "2026-01-01T00:00:01Z"
OLD_DIGEST = "sha256:" + "6" * 64
CONTAINER = {FIRST: "9cd0bebb0000", SECOND: "5e5e5e5e0000"}

RUN = ProxyRunSpec("basecamp/kamal-proxy:v0.9.2", 80, 443, "10m", {}, replace=False)
PROXY = ProxyFacts("1234abcd5678", "running", SINCE, RUN.image, boot_hash(RUN), (80, 443))

DEPLOY = "urn:pulumi:prod::deploy::kamal:index:Deploy"
HOST = f"{DEPLOY}$kamal:index:Host"
ROLE = f"{DEPLOY}$kamal:index:Release$kamal:index:Role"
REMOTE = "command:remote:Command"

GONE = "container 9cd0bebb of web is gone"
UNKNOWN = "this app is not known on the host any more"


def facts(host: str) -> HostFacts:
    """What a host says that is as the last deploy left it."""
    container = ContainerFacts(CONTAINER[host], "shop-web-v1", "running", SINCE, "abc", "v1", "none", routed=True)
    return replace(
        NEW_HOST,
        network=True,
        tool=True,
        prepared=True,
        login=True,
        proxy=PROXY,
        routes={"shop-web-prod": RouteFacts((), ("/",), (f"{CONTAINER[host]}:80",))},
        apps=(
            AppFacts(
                "shop-prod",
                {"web": "shop-web-prod"},
                {"web": "shop-web-prod"},
                f"{HOST}::shop-{host}",
                Owner(ID, STACK),
            ),
        ),
        roles={
            "web": RoleFacts(
                host=host,
                route="shop-web-prod",
                current="abc",
                version="v1",
                switching="",
                strays=(),
                kept=(),
                secrets=("5ec2e7",),
                container=container,
            )
        },
        versions={PINNED: OLD_DIGEST},
    )


def with_container(host: str, **changes: Any) -> HostFacts:
    """The same, but with another container."""
    role = facts(host).roles["web"]
    assert role.container
    return replace(facts(host), roles={"web": replace(role, container=replace(role.container, **changes))})


def without_container(host: str) -> HostFacts:
    """The same, but the container is gone."""
    return replace(facts(host), roles={"web": replace(facts(host).roles["web"], container=None)})


def outputs(printed: object, reason: str = "") -> dict[str, Any]:
    """The outputs of a Command."""
    return {"stdout": to_json(printed)} | ({"triggers": [reason]} if reason else {})


def deployed(reason: str = "") -> dict[str, dict[str, Any]]:
    """The state of a stack that has deployed version v1, by the way for a reason."""
    found: dict[str, dict[str, Any]] = {f"{DEPLOY}$command:local:Command::deploy-owner": {"stdout": ID}}
    for host in HOSTS:
        name = f"shop-{host}"
        running = Running("shop-web-v1", CONTAINER[host] + "0" * 52, "v1", "sha256:1", "abc", SINCE, "")
        found |= {
            f"{HOST}${REMOTE}::{name}-prepare": outputs(Prepared("27.0", "kamal-proxy:v0.9.2", PROXY.id), reason),
            f"{HOST}${REMOTE}::{name}-web-secrets": outputs(KeptSecrets("5ec2e7"), reason),
            f"{ROLE}${REMOTE}::{name}-web-candidate": outputs(StartedCandidate("abc", "none"), reason),
            f"{ROLE}${REMOTE}::{name}-web-switch": outputs(running, reason),
        }
    return found


ON_FIRST, ON_SECOND = facts(FIRST), facts(SECOND)
STATE = deployed()


class Program:
    """The program, run for a stack that has deployed to both hosts, which are as it left them unless a test says otherwise."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.monkeypatch = folder, monkeypatch
        self.warnings: list[str] = []
        monkeypatch.setattr("pulumi.log.warn", lambda message, *_: self.warnings.append(message))

    def declare(
        self,
        first: HostFacts | NoAnswer = ON_FIRST,
        second: HostFacts | NoAnswer = ON_SECOND,
        *,
        state: Mapping[str, Mapping[str, Any]] | None = STATE,
        preview: bool = False,
        **settings: Any,
    ) -> Graph:
        """Return what it declares where the hosts say this."""
        looks = {FIRST: first, SECOND: second}
        return declare(self.folder, self.monkeypatch, state=state, looks=looks, preview=preview, **settings)

    def refused(self, *looks: HostFacts | NoAnswer, **words: Any) -> str:
        """Return why it declares nothing."""
        with pytest.raises(pulumi.RunError) as caught:
            self.declare(*looks, **words)
        return str(caught.value)


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    """The program."""
    return Program(tmp_path, monkeypatch)


def reasons_in(graph: Graph) -> dict[str, str]:
    """By Command, without the service's name, why it has to run again."""
    found = {command.name: command.inputs.get("triggers", []) for command in graph.commands()}
    return {name.removeprefix("shop-"): reason for name, triggers in found.items() for reason in triggers}


def test_where_nothing_has_happened_no_step_has_a_reason_and_the_last_reasons_are_no_change(program: Program) -> None:
    graph = program.declare(state=deployed("kamal-proxy is gone"))
    assert reasons_in(graph) == {}
    for step in ("-prepare", "-secrets", "-candidate", "-switch"):
        for command in graph.named(step):
            assert command.ignored == ("triggers",), command.name
    assert program.warnings == []


@pytest.mark.parametrize(
    ("first", "expected"),
    [
        pytest.param(
            replace(ON_FIRST, network=False), {"prepare": "the network kamal is gone"}, id="the network is gone"
        ),
        pytest.param(
            replace(ON_FIRST, login=False),
            {"web-secrets": "the registry's login is gone, which web needs"},
            id="the registry's login is gone",
        ),
        pytest.param(without_container(FIRST), {"web-candidate": GONE, "web-switch": GONE}, id="the container is gone"),
        pytest.param(
            NEW_HOST,
            {
                "prepare": UNKNOWN,
                "web-secrets": "the secrets 5ec2e7 of web are gone",
                "web-candidate": "nothing is known of web on the host any more (container 9cd0bebb)",
                "web-switch": "nothing is known of web on the host any more (container 9cd0bebb)",
            },
            id="the machine is a new one",
        ),
    ],
)
def test_only_the_steps_run_again_that_put_it_right_and_only_on_that_host(
    program: Program, first: HostFacts, expected: dict[str, str]
) -> None:
    graph = program.declare(first)
    assert reasons_in(graph) == {f"{FIRST}-{step}": reason for step, reason in expected.items()}
    for command in graph.commands():
        if command.name.removeprefix(f"shop-{FIRST}-") in expected:
            assert "triggers" not in command.ignored, command.name
    assert set(program.warnings) == {f"{FIRST}: {reason}: to be put right" for reason in expected.values()}


def test_a_certificate_that_is_gone_is_left_again_and_makes_no_other_container(program: Program) -> None:
    commands = {
        f"{HOST}${REMOTE}::shop-{host}-web-certificate": outputs(KeptCertificate("ce47ce47ce47")) for host in HOSTS
    }
    issued = issue()
    proxy = {"host": "shop.test", "ssl": {"certificate_pem": ["CERT"], "private_key_pem": ["KEY"]}}
    there = replace(ON_SECOND, roles={"web": replace(ON_SECOND.roles["web"], certificates=("ce47ce47ce47",))})
    secrets = {"CERT": issued.certificate, "KEY": issued.key}
    graph = program.declare(ON_FIRST, there, state=STATE | commands, proxy=proxy, secrets=secrets, env={}, registry={})
    assert reasons_in(graph) == {f"{FIRST}-web-certificate": "the certificate ce47ce47 of web is gone"}


def test_what_no_step_puts_right_is_a_warning_and_no_step_runs(program: Program) -> None:
    graph = program.declare(with_container(FIRST, health="unhealthy"))
    assert program.warnings == [
        f"{FIRST}: container 9cd0bebb of web is unhealthy by its own health check: see docker logs shop-web-v1"
    ]
    assert reasons_in(graph) == {}


def test_each_reason_is_shown_once(program: Program) -> None:
    program.declare(without_container(FIRST), preview=True)
    assert program.warnings == [f"{FIRST}: {GONE}: to be put right"]


def test_a_reason_that_is_the_same_as_the_last_one_is_another_text(program: Program) -> None:
    """Else the step would not run: its input would be what it was."""
    graph = program.declare(without_container(FIRST), state=deployed(GONE))
    assert reasons_in(graph)[f"{FIRST}-web-switch"] == f"{GONE}, again"
    graph = program.declare(without_container(FIRST), state=deployed(f"{GONE}, again"))
    assert reasons_in(graph)[f"{FIRST}-web-switch"] == GONE


def test_steps_without_reasons_of_their_own_have_no_triggers(program: Program) -> None:
    add_hooks(program.folder, "pre-deploy", "post-deploy")
    graph = program.declare(NEW_HOST)
    for ending in ("-pull", "-pre-deploy", "-post-deploy", "-teardown-shop-prod", "-owner"):
        for command in graph.named(ending):
            assert "triggers" not in command.inputs
            assert "triggers" not in command.ignored


def test_hosts_that_do_not_answer_are_all_named_before_an_update(program: Program) -> None:
    assert program.refused(NoAnswer("it does not answer"), NoAnswer("it refuses connections")) == (
        "Nothing was changed: 2 hosts are not ready for the deploy.\n"
        f"{FIRST}: it does not answer.\n"
        f"{SECOND}: it refuses connections."
    )


def test_a_preview_is_planned_from_the_state_where_a_host_does_not_answer(program: Program) -> None:
    graph = program.declare(NoAnswer("it does not answer"), without_container(SECOND), preview=True)
    assert program.warnings[0] == f"{FIRST}: planned from the state alone: it does not answer"
    assert {name.rpartition("-")[2] for name in reasons_in(graph)} == {"candidate", "switch"}
    assert not any(FIRST in name for name in reasons_in(graph))


def test_an_update_goes_on_where_a_hook_may_open_the_way_to_a_host(program: Program) -> None:
    add_hooks(program.folder, "pre-connect")
    program.declare(NoAnswer("it does not answer"))
    assert program.warnings == [f"{FIRST}: planned from the state alone: it does not answer"]


FOREIGN = "the app shop-prod belongs to stack acme/blog/prod"


def of_another_stack(host: str) -> HostFacts:
    """A host on which the app is another stack's."""
    (app,) = facts(host).apps
    return replace(facts(host), apps=(replace(app, owner=Owner("other", "acme/blog/prod")),))


@pytest.mark.parametrize("preview", [True, False], ids=["preview", "update"])
def test_another_owners_app_is_refused(program: Program, preview: bool) -> None:
    refused = program.refused(of_another_stack(FIRST), preview=preview)
    assert refused.startswith(
        f"Nothing was changed: 1 host is not ready for the deploy.\n{FIRST}: {FOREIGN}. Deploy under"
    )


def test_another_owners_app_is_deployed_where_it_is_taken_over(program: Program) -> None:
    graph = program.declare(of_another_stack(FIRST), take_over=True)
    (prepare,) = graph.named(f"{FIRST}-prepare")
    assert prepare.fields["stdin.take_over"] is True


def test_the_roles_of_a_former_owner_are_removed_last_on_each_host(program: Program) -> None:
    add_hooks(program.folder, "post-deploy")
    graph = program.declare(of_another_stack(FIRST), take_over=True)
    removals = graph.named("-takeover")
    assert {removal.name for removal in removals} == {f"shop-{host}-takeover" for host in HOSTS}
    (post_deploy,) = graph.named("-post-deploy")
    for removal in removals:
        assert {f"shop-{host}-web-switch" for host in HOSTS} <= graph.before(removal)
        assert removal.name in graph.before(post_deploy)
        assert "delete" not in removal.inputs
    assert "belongs to stack acme/blog/prod" in reasons_in(graph)[f"{FIRST}-takeover"]
    assert not [command for command in program.declare().commands() if "takeover" in command.name]


def test_an_app_of_a_former_name_of_the_stack_is_not_refused(program: Program) -> None:
    (app,) = ON_FIRST.apps
    program.declare(replace(ON_FIRST, apps=(replace(app, owner=Owner(ID, "acme/deploy/old")),)))


def test_without_the_state_nobody_knows_whether_an_owner_is_a_former_name_and_the_host_decides(
    program: Program,
) -> None:
    graph = program.declare(of_another_stack(FIRST), state=None)
    foreign, no_state = program.warnings
    assert foreign.startswith(f"{FIRST}: {FOREIGN}. ")
    assert no_state.startswith("the engine does not tell the stack's state, so nothing is noticed of what was changed")
    assert reasons_in(graph) == {}


def test_without_the_state_nothing_could_be_noticed_on_new_hosts_and_nothing_is_said(program: Program) -> None:
    program.declare(NEW_HOST, NEW_HOST, state=None)
    assert program.warnings == []


@pytest.mark.parametrize("preview", [True, False], ids=["preview", "update"])
def test_all_hosts_that_are_not_ready_are_in_one_report(program: Program, preview: bool) -> None:
    down, taken = (
        replace(NEW_HOST, docker_problem="down."),
        replace(NEW_HOST, taken_ports={"80": "the container nginx"}),
    )
    lines = program.refused(down, taken, preview=preview).splitlines()
    assert len(lines) == 3
    assert lines[0] == "Nothing was changed: 2 hosts are not ready for the deploy."
    assert lines[1] == f"{FIRST}: down."
    assert lines[2].startswith(f"{SECOND}: port 80, ")


LACK = f"{FIRST}: only 10 MB are free where Docker keeps its data, and 500 MB are needed to pull an image."


def test_a_lack_of_room_stops_an_update_that_has_to_pull(program: Program) -> None:
    refused = program.refused(replace(ON_FIRST, free_mb=10))
    assert refused.startswith(f"Nothing was changed: 1 host is not ready for the deploy.\n{LACK}")


@pytest.mark.parametrize(
    "settings", [{"preview": True}, {"version": PINNED}], ids=["a preview", "a version that the host has run"]
)
def test_a_lack_of_room_is_a_warning_in(program: Program, settings: dict[str, Any]) -> None:
    program.declare(replace(ON_FIRST, free_mb=10), **settings)
    [warning] = program.warnings
    assert warning.startswith(LACK)


def test_one_machine_under_two_names_is_refused(program: Program) -> None:
    one = replace(NEW_HOST, machine_id="0123")
    assert f"{SECOND}: it is the same machine as {FIRST}" in program.refused(one, one, preview=True)


def test_where_the_look_is_turned_off_nobody_looks_and_the_hosts_are_prepared_one_after_the_other(
    program: Program,
) -> None:
    graph = program.declare(NoAnswer("it does not answer"), without_container(SECOND), inspect=False)
    assert (program.warnings, reasons_in(graph)) == ([], {})
    assert prepared_before(graph, SECOND) == {FIRST}


@pytest.mark.parametrize(
    ("first", "expected"),
    [
        pytest.param(ON_FIRST, set(), id="nothing has happened"),
        pytest.param(NEW_HOST, set(), id="a new host has none to be replaced"),
        pytest.param(replace(ON_FIRST, proxy=replace(PROXY, boot="other")), {FIRST}, id="it has other options"),
        pytest.param(replace(ON_FIRST, replacing=True), {FIRST}, id="its replacement was interrupted"),
        pytest.param(NoAnswer("it does not answer"), {FIRST}, id="nobody knows"),
    ],
)
def test_a_host_waits_for_the_ones_before_it_whose_kamal_proxy_is_replaced(
    program: Program, first: HostFacts | NoAnswer, expected: set[str]
) -> None:
    graph = program.declare(first, preview=True)
    assert prepared_before(graph, SECOND) == expected


def test_a_host_that_has_not_answered_gets_its_teardown_only_once_it_can_be_reached(program: Program) -> None:
    """Else the destroy of a first deploy would fail at a host that has never answered."""
    add_hooks(program.folder, "pre-connect")
    graph = program.declare(NoAnswer("it does not answer"))
    for host, create in ((FIRST, "true"), (SECOND, None)):
        (teardown,) = graph.named(f"{host}-web-teardown-shop-prod")
        assert teardown.inputs.get("create") == create
        # What it was made with is no change later.
        assert teardown.ignored == ("create",)
        assert bool(create) == ("shop-pre-connect" in graph.before(teardown))


def prepared_before(graph: Graph, host: str) -> set[str]:
    """Return the hosts that are prepared before a host."""
    (prepare,) = graph.named(f"{host}-prepare")
    return {other for other in HOSTS if f"shop-{other}-prepare" in graph.before(prepare)}


HOOK = {f"{DEPLOY}${REMOTE}::shop-{FIRST}-docker-setup": {"stdout": ""}}


@pytest.mark.parametrize(
    ("first", "state", "reason"),
    [
        pytest.param(ON_FIRST, {**STATE, **HOOK}, None, id="the host is as it was"),
        pytest.param(without_container(FIRST), {**STATE, **HOOK}, None, id="a container is gone"),
        pytest.param(NEW_HOST, {**STATE, **HOOK}, UNKNOWN, id="the machine is a new one"),
        pytest.param(NEW_HOST, {}, None, id="the first deploy"),
    ],
)
def test_docker_setup_runs_again_on_a_new_machine(
    program: Program, first: HostFacts, state: Mapping[str, Mapping[str, Any]], reason: str | None
) -> None:
    add_hooks(program.folder, "docker-setup")
    (hook,) = program.declare(first, state=state).named("-docker-setup")
    if reason:
        assert (hook.inputs["triggers"], hook.ignored) == ([reason], ())
    else:
        assert "triggers" not in hook.inputs
        assert {"create", "stdin", "connection", "triggers"} <= set(hook.ignored)


def test_a_pinned_version_has_the_digest_that_the_hosts_have_run(program: Program) -> None:
    """The registry has another one under its tag by now."""
    graph = program.declare(version=PINNED)
    for candidate in graph.named("-candidate"):
        assert f":{PINNED}@{OLD_DIGEST} " in candidate.inputs["create"]


def test_a_pinned_version_has_the_digest_that_the_last_deploy_left_where_nobody_looks(program: Program) -> None:
    for candidate in program.declare(version="v1", inspect=False, runs="v1").named("-candidate"):
        assert ":v1@sha256:1 " in candidate.inputs["create"]


def test_a_pinned_version_has_the_registrys_digest_where_the_hosts_do_not_agree(program: Program) -> None:
    other = replace(ON_SECOND, versions={PINNED: "sha256:" + "7" * 64})
    for candidate in program.declare(second=other, version=PINNED).named("-candidate"):
        assert f":{PINNED}@{DIGEST} " in candidate.inputs["create"]
