"""What all verbs share: the lock, the audit log, status, and a call that makes no sense."""

import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

from components.host_tool.spec import spec_text
from tests.host.docker_host import App, Host


def test_two_verbs_of_a_role_wait_for_each_other(app: App) -> None:
    app.pull("v1")
    with ThreadPoolExecutor(2) as threads:
        both = [threads.submit(app.candidate, "v1") for _ in range(2)]
        results = [one.result() for one in both]
    assert [result.status for result in results] == [0, 0], results
    assert results[0].spec == results[1].spec
    assert len(app.containers()) == 1


def test_a_lock_that_is_held_is_named_with_its_holder(app: App) -> None:
    app.release("v1")
    # Held by a process that says what it is, for as long as the verb may take.
    hold = f"exec 8>{app.home}/roles/web/lock; flock 8; echo 'switch of {app.name}, process 4711' >&8; exec 8>&8"
    result = app.call("remove", "web", limit=2, before=f"{hold}; unset SSH_CLIENT")
    assert result.status == 124
    assert f"held by switch of {app.name}, process 4711" in result.err
    assert list(app.containers().values()) == ["running"]


def test_status_says_what_runs_and_changes_nothing(app: App) -> None:
    web = app.release("v1")
    app.release("v2", "worker")
    before = app.snapshot(), app.audit()
    said = app.call("status").spec
    assert {key: said[f"web.{key}"] for key in web} == web
    assert (said["web.state"], said["worker.state"], said["worker.version"]) == ("running", "running", "v2")
    assert app.call("status", "web").spec == {key: value for key, value in said.items() if key.startswith("web.")}
    assert (app.snapshot(), app.audit()) == before


def test_status_tells_of_a_container_that_is_gone(app: App, host: Host) -> None:
    host.docker("rm", "--force", app.release("v1")["container"])
    assert app.call("status").spec == {"web.state": "absent"}


def test_the_audit_log_tells_what_was_done_and_who_ran_a_hook(app: App) -> None:
    app.pull("v1")
    app.candidate("v1")
    line = app.audit()[-1]
    assert (line["verb"], line["role"], line["version"], line["result"]) == ("candidate", "web", "v1", "ok")
    assert len(line["release"]) == 16
    spec = {"KAMAL_PERFORMER": 'Te"ss\\ \n{"verb": "forged"}', "started_at": "0", "script": "#!/bin/sh\n"}
    app.call("hook", "pre-deploy", "10", "KAMAL_VERSION=v1", spec=spec)
    line = app.audit()[-1]
    assert (line["verb"], line["version"], line["performer"]) == ("hook", "v1", "Tess  {verb: forged}")


def test_a_call_that_makes_no_sense_is_refused(app: App) -> None:
    assert "no such verb" in app.call("$(id)").failure
    assert "too few words" in app.call("candidate", "web").failure
    assert "too few words" in app.call("switch").failure


def test_a_connection_that_breaks_leaves_the_host_as_it_was(app: App, host: Host) -> None:
    app.release("v1")
    before = app.snapshot()
    spec = app.role_spec("v1") | {"cmd.0": "sleep", "cmd.1": "100", "gate.deploy-timeout": "2s"}
    words = app.words("candidate", "web", host.images["v1"], "-")
    with subprocess.Popen(host.command(*words), stdin=subprocess.PIPE, stderr=subprocess.PIPE) as client:
        assert client.stdin and client.stderr
        client.stdin.write(spec_text(spec).encode())
        client.stdin.close()
        while b"waiting until" not in client.stderr.readline():
            pass
        client.kill()
    assert len(app.containers()) == 2
    for _ in range(60):
        if app.snapshot() == before:
            break
        time.sleep(0.25)
    assert app.snapshot() == before
    assert app.audit()[-1]["result"] == "failed"


def test_a_release_costs_few_calls_of_docker(app: App, host: Host) -> None:
    """Each costs some 50 ms on every host, in every deploy."""
    app.release("v1")
    app.pull("v2")
    counting = (
        "mkdir -p /tmp/counting && rm -f /tmp/counting/calls && export PATH=/tmp/counting:$PATH && "
        "printf '#!/bin/sh\\necho call >>/tmp/counting/calls\\nexec %s \"$@\"\\n' /usr/bin/docker >/tmp/counting/docker "
        "&& chmod +x /tmp/counting/docker"
    )

    def calls(verb: str, *words: str, **spec: str) -> int:
        assert app.call(verb, *words, spec=spec, before=counting).status == 0
        return len(host.run("cat", "/tmp/counting/calls").out.splitlines())

    role = ("web", host.images["v2"], "-")
    cost = {"candidate": calls("candidate", *role, **app.role_spec("v2"))}
    release = app.candidate("v2").spec["release"]
    route = {"version": "v2", "mode": "proxy", "host": "web1", "proxy.host.0": app.web_host}
    cost["switch"] = calls("switch", "web", release, "none", **route)
    cost["no pull"] = calls("pull", "shop", "v2", host.images["v2"])
    # A container that is probed for longer is looked at in between.
    limits = {"candidate": 6, "switch": 7, "no pull": 2}
    assert {verb: calls for verb, calls in cost.items() if calls > limits[verb]} == {}
