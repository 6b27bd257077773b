"""What all verbs share: the lock, the audit log, a connection that breaks, and a call that makes no sense."""

from concurrent.futures import ThreadPoolExecutor

from components.host_tool.json_codec import to_json
from components.host_tool.result import StartedCandidate
from components.host_tool.spec import HookSpec, InspectSpec
from tests.host.docker_host import App, Host, wait_until
from tests.host.docker_shim import docker_replaced_by


def test_two_steps_of_a_role_wait_for_each_other(app: App) -> None:
    app.log_in()
    with ThreadPoolExecutor(2) as threads:
        both = [threads.submit(app.candidate, "v1") for _ in range(2)]
        first, second = (one.result().result(StartedCandidate) for one in both)
    assert first == second
    assert len(app.containers()) == 1


def test_a_lock_that_is_held_is_named_with_its_holder(app: App) -> None:
    app.release("v1")
    # Held by a process that says what it is, for as long as the verb may take.
    hold = f"exec 8>{app.home}/roles/web/lock; flock 8; echo 'switch of {app.name}, process 4711' >&8; exec 8>&8"
    result = app.call("remove", "web", limit=2, before=f"{hold}; unset SSH_CLIENT")
    assert result.status == 124
    assert f"held by switch of {app.name}, process 4711" in result.err
    assert list(app.containers().values()) == ["running"]


def test_the_audit_log_tells_what_was_done_and_who_ran_a_hook(app: App) -> None:
    app.log_in()
    release = app.candidate_release("v1")
    line = app.audit()[-1]
    assert (line["verb"], line["role"], line["version"], line["release"]) == ("candidate", "web", "v1", release)
    assert (line["result"], line["message"]) == ("ok", "")
    forged = 'Te"ss\\ \n{"verb": "forged"}'
    spec = HookSpec(script="#!/bin/sh\n", performer=forged, recorded_at="", started_at=0, secrets={})
    app.call("hook", "pre-deploy", "10", "KAMAL_VERSION=v1", spec=spec)
    line = app.audit()[-1]
    assert (line["verb"], line["version"]) == ("hook", "v1")
    assert line["performer"] == 'Te"ss\\ {"verb": "forged"}'


def test_a_call_that_makes_no_sense_is_refused(app: App) -> None:
    assert "no such verb" in app.call("$(id)").failure
    assert "too few words" in app.call("candidate", "web").failure
    assert "too few words" in app.call("switch").failure
    assert "the input cannot be read" in app.call("switch", "web", "r", "none", spec=app.container("v1")).failure


def test_a_connection_that_breaks_leaves_the_host_as_it_was(app: App, host: Host) -> None:
    app.release("v1")
    before = app.snapshot()
    spec = app.candidate_spec("v1", cmd=("sleep", "100"), deploy_timeout=60)
    words = app.words("candidate", "web", host.images["v1"], "-", limit=80)
    host.run_until("waiting until", *words, stdin=to_json(spec))
    assert len(app.containers()) == 2
    # The step finds out at its next sign of life.
    wait_until(lambda: app.snapshot() == before)
    assert app.audit()[-1]["message"].endswith(
        "ended by a connection that broke while waiting for version v1 of role web to become healthy."
    )


def test_a_release_costs_few_calls_of_docker(app: App, host: Host) -> None:
    """Each costs some 50 ms on every host, in every deploy."""
    app.release("v1")
    counting = docker_replaced_by('echo "$1" >>/tmp/calls; exec $docker "$@"')

    def calls() -> list[str]:
        words = host.run("cat", "/tmp/calls").out.split()
        host.run("rm", "/tmp/calls")
        return words

    app.pull("v2")
    release = app.candidate("v2", before=counting).result(StartedCandidate).release
    assert calls() == ["ps", "inspect", "run", "inspect"]
    assert app.switch("v2", release, before=counting).status == 0
    # What runs and what is routed are asked at once.
    ps, deploy, *read_back, stop = calls()
    assert (ps, deploy, sorted(read_back), stop) == ("ps", "exec", ["exec", "inspect"], "stop")
    assert app.call("inspect", spec=InspectSpec("kamal", ()), before=counting).status == 0
    assert sorted(calls()) == ["exec", "inspect", "ps"]
