"""candidate: the new container beside the old one, healthy, not routed yet."""

import json
import time

import pytest

from tests.host.docker_host import SERVICE, App, Host

HOSTILE = {
    "PLAIN": "1",
    "EMPTY": "",
    "QUOTES": "a\"b'c",
    "SHELL": "$(touch /tmp/owned) `touch /tmp/owned` ${HOME} $HOME; touch /tmp/owned",
    "LINES": "one\n\ntwo\n\n",
    "CRLF": "a\r\nb\r",
    "UNICODE": "Grüße ✓ 日本",
    "DASHES": "--rm -v /:/host",
    "BACKSLASH": "a\\nb\\",
    "BLANKS": "  both ends  ",
    "HASH": "#no comment",
    "EQUALS": "a=b=c",
    "TAB": "a\tb",
    "LONG": "x" * 40_000,
    "dotted.name-1": "x y",
    # Names of the tool's own variables.
    "work": "a\nb",
    "role_dir": "a\nb",
    "command": "a\nb",
}


@pytest.fixture
def serving(app: App) -> App:
    """The app with v1 routed, and v2 on the host."""
    app.release("v1")
    app.pull("v2")
    return app


def test_a_candidate_runs_beside_the_old_one_and_is_not_routed(serving: App, host: Host) -> None:
    old = host.routes()
    said = serving.candidate("v2").spec
    current = serving.file("roles/web/current").strip()
    assert said == {"release": said["release"], "from": current}
    name = f"{serving.prefix()}-v2-{said['release'][:8]}"
    assert serving.containers()[name] == "running"
    assert len(serving.containers()) == 2
    assert host.routes() == old
    assert host.get(serving.web_host) == (200, "v1")


def test_restarts_of_the_past_are_no_crash(app: App, host: Host) -> None:
    said = app.release("v1", **{"cmd.0": "sh", "cmd.1": "-c", "cmd.2": "sh /serve.sh"})
    restarts = 0
    for _ in range(60):
        if restarts >= 3:
            break
        # Refused while it is just starting again.
        host.docker("exec", said["container"], "sh", "-c", "kill -TERM 1; kill -TERM -1", check=False)
        time.sleep(0.5)
        restarts = int(host.docker("inspect", "--format", "{{.RestartCount}}", said["container"]))
    assert restarts >= 3
    result = app.candidate("v1", **{"cmd.0": "sh", "cmd.1": "-c", "cmd.2": "sh /serve.sh"})
    assert result.status == 0, result.err


def test_the_first_candidate_comes_from_none(app: App) -> None:
    app.pull("v1")
    assert app.candidate("v1").spec["from"] == "none"


def test_the_same_candidate_again_is_the_same_container(serving: App) -> None:
    first = serving.candidate("v2").spec
    before = serving.containers()
    assert serving.candidate("v2", **{"gate.deploy-timeout": "9s"}).spec == first
    assert serving.containers() == before


def test_a_changed_environment_or_secret_is_another_release(app: App) -> None:
    app.pull("v1")
    plain = app.candidate("v1").spec["release"]
    changed = app.candidate("v1", env__A="1").spec["release"]
    secret = app.candidate("v1", secrets=app.secrets({"A": "1"}), env__B="1").spec["release"]
    assert len({plain, changed, secret}) == 3


def test_environment_and_secrets_arrive_byte_for_byte(app: App, host: Host) -> None:
    app.pull("v1")
    clear = {f"env.{name}": value for name, value in HOSTILE.items()}
    secrets = app.secrets({f"S_{name}": value for name, value in HOSTILE.items()})
    said = app.candidate("v1", secrets=secrets, **clear).spec
    name = f"{app.prefix()}-v1-{said['release'][:8]}"
    environment = host.docker("exec", name, "cat", "/proc/1/environ").split("\0")
    found = dict(line.split("=", 1) for line in environment if line)
    assert {key: found.get(key) for key in HOSTILE} == HOSTILE
    assert {key: found.get(f"S_{key}") for key in HOSTILE} == HOSTILE
    assert found["KAMAL_VERSION"] == "v1"
    assert found["KAMAL_HOST"] == "web1"
    assert found["KAMAL_CONTAINER_NAME"] == name
    assert found["KAMAL_DESTINATION"] == app.destination
    assert host.run("ls", "/tmp/owned").status != 0


def test_command_labels_and_options_arrive_word_for_word(app: App, host: Host) -> None:
    words = ["sh", "/serve.sh", *HOSTILE.values()]
    app.pull("v1")
    said = app.candidate(
        "v1",
        **{f"cmd.{number}": word for number, word in enumerate(words)},
        **{"label.quoted": HOSTILE["SHELL"], "label.release": "forged"},
        **{
            "option.memory": "64m",
            "option.init": "true",
            "option.add-host.0": "a:10.0.0.1",
            "option.add-host.1": "b:10.0.0.2",
        },
        **{"option.hostname": "me", "option.restart": "on-failure:2", "log.opt.max-size": "5m"},
    ).spec
    name = f"{app.prefix()}-v1-{said['release'][:8]}"

    def found(template: str) -> str:
        return host.docker("inspect", "--format", template, name)

    assert json.loads(found("{{json .Config.Cmd}}")) == words
    assert found('{{index .Config.Labels "quoted"}}') == HOSTILE["SHELL"]
    assert found('{{index .Config.Labels "release"}}') == said["release"]
    assert found("{{.HostConfig.Memory}} {{.HostConfig.Init}} {{.HostConfig.ExtraHosts}}") == (
        "67108864 true [a:10.0.0.1 b:10.0.0.2]"
    )
    assert found("{{.Config.Hostname}} {{.HostConfig.RestartPolicy}} {{.HostConfig.LogConfig}}") == (
        "me {on-failure 2} {json-file map[max-size:5m]}"
    )


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("PATH", "a\nb", "PATH has a value of several lines"),
        ("DOCKER_HOST", "a\nb", "DOCKER_HOST has a value of several lines"),
        ("a.b", "a\nb", "a.b has a value of several lines"),
        ("HUGE", "x" * 140_000, "more than 128 KB"),
        ("1A", "x", '"1A" has no valid name'),
    ],
)
def test_a_variable_that_cannot_be_handed_over_is_refused(
    shared_app: App, name: str, value: str, complaint: str
) -> None:
    before = shared_app.snapshot()
    result = shared_app.candidate("v2", **{f"env.{name}": value})
    assert complaint in result.failure
    assert result.err.count("host_tool:") == 1
    assert shared_app.snapshot() == before


CRASHING = {"cmd.0": "sh", "cmd.1": "-c", "cmd.2": "echo cannot open the database >&2; exit 3"}
SILENT = {"cmd.0": "sleep", "cmd.1": "100", "gate.deploy-timeout": "1s"}
UNHEALTHY = {"gate.health-check-path": "/missing", "gate.deploy-timeout": "1s"}


@pytest.mark.parametrize(
    ("spec", "complaints"),
    [
        (CRASHING, ["version v2 ended before it was healthy", "cannot open the database", "exit code 3"]),
        (CRASHING | {"option.restart": "no"}, ["version v2 ended before it was healthy", "cannot open the database"]),
        (SILENT, ["version v2 did not become healthy within 1s at :80/up", "connection refused"]),
        (UNHEALTHY, ["did not become healthy within 1s at :80/missing", "unexpected status (404)", "serving v2"]),
        ({"cmd.0": "/no/such/program"}, ["could not be made", "/no/such/program"]),
        ({"option.no-such-option": "1"}, ["could not be made", "no-such-option"]),
        ({"mode": "sideways"}, ['the mode "sideways" is not known']),
    ],
    ids=["crashing", "crashing once", "never listening", "unhealthy", "no program", "bad option", "bad mode"],
)
def test_a_candidate_that_fails_says_why_and_leaves_the_host_as_it_was(
    shared_app: App, spec: dict[str, str], complaints: list[str]
) -> None:
    before = shared_app.snapshot()
    result = shared_app.candidate("v2", **spec)
    for complaint in ["host web1, role web: ", *complaints]:
        assert complaint in result.failure
    assert shared_app.snapshot() == before
    assert shared_app.audit()[-1] | {"at": "", "client": "", "release": "", "message": ""} == {
        "client": "",
        "at": "", "performer": "-", "verb": "candidate", "role": "web", "version": "v2", "release": "",
        "result": "failed", "message": "",
    }  # fmt: skip
    assert shared_app.host.get(shared_app.web_host) == (200, "v1")


def test_a_good_candidate_goes_on_where_a_failed_one_stopped(serving: App) -> None:
    assert serving.candidate("v2", **CRASHING).status == 1
    assert serving.candidate("v2").spec["from"] != "none"


def test_a_time_limit_names_what_was_waited_for_and_cleans_up(shared_app: App) -> None:
    before = shared_app.snapshot()
    spec = shared_app.role_spec("v2") | SILENT | {"gate.deploy-timeout": "30s"}
    result = shared_app.call("candidate", "web", shared_app.host.images["v2"], "-", spec=spec, limit=2)
    assert result.status == 124
    assert "while waiting for version v2 of role web to become healthy" in result.err
    assert shared_app.snapshot() == before
    assert shared_app.audit()[-1]["result"] == "failed"


def test_a_candidate_that_never_came_to_its_switch_goes_with_the_next_one(serving: App) -> None:
    serving.candidate("v2")
    serving.candidate("v2", env__A="1")
    assert sorted(state for state in serving.containers().values()) == ["running", "running"]


def test_a_kept_release_is_started_again_and_stopped_again_when_it_fails(serving: App, host: Host) -> None:
    old = serving.file("roles/web/current").strip()
    serving.release("v2")
    name = f"{serving.prefix()}-v1-{old[:8]}"
    kept = host.docker("inspect", "--format", "{{.Id}}", name)
    before = serving.snapshot()
    result = serving.candidate("v1", **{"gate.health-check-path": "/missing", "gate.deploy-timeout": "1s"})
    assert "did not become healthy" in result.failure
    assert serving.snapshot() == before
    assert serving.candidate("v1").spec["release"] == old
    assert host.docker("inspect", "--format", "{{.Id}} {{.State.Running}}", name) == f"{kept} true"


def test_an_image_that_was_not_pulled_is_never_pulled_without_its_login(app: App, host: Host) -> None:
    missing = host.images["v1"].partition("@")[0] + "@sha256:" + "0" * 64
    result = app.call("candidate", "web", missing, "-", spec=app.role_spec("v1"))
    assert "could not be made" in result.failure
    assert "No such image" in result.err


def test_a_candidate_of_a_role_without_proxy_does_not_work_yet(app: App) -> None:
    app.pull("v1")
    app.candidate("v1", "worker")
    assert list(app.containers("worker").values()) == ["created"]


@pytest.mark.parametrize("role", ["../../x", "-web", "a b", "", "$(id)", "a;b"])
def test_a_role_that_is_no_name_is_refused(shared_app: App, role: str) -> None:
    result = shared_app.call("candidate", role, shared_app.host.images["v1"], "-", spec=shared_app.role_spec("v1"))
    assert "is not a valid name" in result.failure


def test_secrets_are_in_no_process_list_log_or_output(app: App, host: Host) -> None:
    needle = "needle-in-haystack"
    values = {"TOKEN": needle, "KEY": f"-----BEGIN-----\n{needle}\n-----END-----\n"}
    app.pull("v1")
    with host.process_list() as seen:
        results = [app.call("secrets", "web", spec=values)]
        generation = results[0].spec["secrets"]
        results.append(app.candidate("v1", secrets=generation))
        results.append(app.candidate("v1", secrets=generation, **CRASHING))
        registry = {**host.login, "registry.password": needle}
        missing = host.images["v1"].partition("@")[0] + "@sha256:" + "0" * 64
        results.append(app.call("pull", SERVICE, "v1", missing, spec=registry))
    assert any("candidate" in line for line in seen)
    assert not any(needle in line for line in seen)
    assert not any(needle in result.out + result.err for result in results)
    assert needle not in app.file("audit.log")
    assert host.run("sh", "-c", f"find {app.home} -name 'run.*'").out == ""
