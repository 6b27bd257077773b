"""What the stack's steps last said is read from the engine's answer."""

from typing import Any

import pytest

from components.host_tool.json_codec import to_json
from components.host_tool.result import KeptCertificate, KeptSecrets, Prepared, Running, StartedCandidate
from components.host_tool.spec import SwitchSpec
from components.inspection.state import HostState, RoleState, StackState, read_state
from components.ssh_connection import SshConnection, SshEndpoint
from tests.unit.inspection.host_values import TOLD

DEPLOY = "urn:pulumi:prod::deploy::kamal:index:Deploy"
HOST = f"{DEPLOY}$kamal:index:Host"
ROLE = f"{DEPLOY}$kamal:index:Release$kamal:index:Role"
COMMAND = "command:remote:Command"

RUNNING = Running("shop-web-v1-abc", "c" * 64, "v1", "sha256:1", "abc", "2026-01-01T00:00:00Z", "")


def state(**commands: dict[str, Any]) -> StackState:
    """The state of a stack with a host `a`, and outputs of its Commands by the ends of their names."""
    parents = {"prepare": HOST, "secrets": HOST}
    return StackState(
        {
            f"{HOST}::shop-a": {},
            **{
                f"{parents.get(end, ROLE)}${COMMAND}::shop-a-{end if end == 'prepare' else f'web-{end}'}": outputs
                for end, outputs in commands.items()
            },
        }
    )


def test_a_new_stack_has_said_nothing() -> None:
    assert StackState({}).host("shop-a", ["web"]) == HostState()


def test_a_host_has_said_what_its_steps_printed() -> None:
    found = state(
        prepare={"stdout": to_json(Prepared("27.0", "kamal-proxy:v0.9.2", "1234567890ab"))},
        secrets={"stdout": to_json(KeptSecrets("5ec2e7"))},
        switch={"stdout": to_json(RUNNING)},
    )
    assert found.host("shop-a", ["web", "worker"]) == HostState(
        "1234567890ab", prepared=True, roles={"web": RoleState("abc", "c" * 12, "v1", "5ec2e7")}
    )


def test_a_role_has_the_route_that_its_last_switch_was_told_of() -> None:
    told = SwitchSpec("v1", 30, 10, 5, proxy=TOLD, drain_timeout=30)
    found = state(switch={"stdout": to_json(RUNNING), "stdin": to_json(told)})
    assert found.host("shop-a", ["web"]).roles["web"].route == TOLD


def test_a_role_has_the_certificate_and_the_maintenance_that_the_last_deploy_left() -> None:
    told = SwitchSpec("v1", 30, 10, 5, proxy=TOLD, drain_timeout=30, maintenance="")
    certificate = {"stdout": to_json(KeptCertificate("ce47"))}
    found = state(switch={"stdout": to_json(RUNNING), "stdin": to_json(told)}, certificate=certificate)
    role = found.host("shop-a", ["web"]).roles["web"]
    assert (role.certificate_hash, role.in_maintenance) == ("ce47", True)


def test_an_accessory_has_the_certificate_that_the_last_deploy_left() -> None:
    urn = "urn:pulumi:prod::deploy::kamal:index:Deploy$kamal:index:Host$command:remote:Command::shop-a-db-accessory"
    outputs = {urn: {}, f"{urn}-certificate": {"stdout": to_json(KeptCertificate("ce47"))}}
    assert StackState(outputs).host("shop-a", [], ["db"]).accessories["db"].certificate_hash == "ce47"


def test_a_role_is_known_that_failed_before_its_first_switch() -> None:
    found = state(candidate={"stdout": to_json(StartedCandidate("abc", "none"))})
    assert found.host("shop-a", ["web"]).roles == {"web": RoleState(candidate="abc")}


@pytest.mark.parametrize("stdout", ["", "not JSON", '{"docker": 1}', None])
def test_what_another_release_has_printed_is_not_known(stdout: str | None) -> None:
    found = state(prepare={"stdout": stdout}, switch={"stdout": stdout})
    assert found.host("shop-a", ["web"]) == HostState("", prepared=True, roles={"web": RoleState()})


def test_the_last_reason_of_a_step_is_known() -> None:
    found = state(switch={"triggers": ["container c is gone"]}, candidate={})
    assert found.reason("shop-a-web-switch") == "container c is gone"
    assert found.reason("shop-a-web-candidate") == found.reason("shop-a-web-other") == ""


@pytest.mark.parametrize(
    ("known", "last", "expected"),
    [
        (("ed", "ecdsa"), "ecdsa", "ecdsa"),
        (("ed", "ecdsa"), "", "ed"),
        (("new",), "old", "new"),
    ],
    ids=["another person's key type", "a new stack", "the machine has a new key"],
)
def test_the_key_of_the_last_deploy_is_expected_where_it_is_known(
    known: tuple[str, ...], last: str, expected: str
) -> None:
    endpoint = SshEndpoint("a", "root", 22, host_key=known[0], known_keys=known)
    connection = SshConnection(endpoint, jump=endpoint, private_key=None, dial_timeout=1)
    outputs = {"connection": {"hostKey": last, "proxy": {"hostKey": last}}}
    found = state(prepare=outputs).with_last_keys(connection, "shop-a-prepare")
    assert found.jump
    assert (found.endpoint.host_key, found.jump.host_key) == (expected, expected)


def test_components_and_commands_are_found_by_their_names() -> None:
    found = state(prepare={}, switch={})
    assert found.has_component("kamal:index:Host", "shop-a")
    assert not found.has_component("kamal:index:Role", "shop-a")
    assert found.commands("shop-a-prepare", "shop-a-web-") == ["shop-a-prepare", "shop-a-web-switch"]


def test_an_engine_that_does_not_tell_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise RuntimeError("unknown function")

    monkeypatch.setattr("pulumi.runtime.invoke", refuse)
    found = read_state("organization/deploy/prod")
    assert not found.known
    assert not found.has("shop-a-prepare")
