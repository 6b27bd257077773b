"""candidate: its container is what the settings say, byte for byte."""

import json

import pytest

from tests.host.docker_host import SERVE, App, Host

HOSTILE = {
    "PLAIN": "1",
    "EMPTY": "",
    "QUOTES": "a\"b'c",
    "SHELL": "$(touch /tmp/owned) `touch /tmp/owned` ${HOME} $HOME; touch /tmp/owned",
    "LINES": "one\n\ntwo\n\n",
    "CRLF": "a\r\nb\r",
    "CR": "a\r",
    "UNICODE": "Grüße ✓ 日本",
    "DASHES": "--rm -v /:/host",
    "BACKSLASH": "a\\nb\\",
    "BLANKS": "  both ends  ",
    "HASH": "#no comment",
    "EQUALS": "a=b=c",
    "TAB": "a\tb",
    "LONG": "x" * 40_000,
    "dotted.name-1": "x y",
    "dotted.lines-1": "a\nb",
}


def variables(host: Host, container: str) -> dict[str, str]:
    """The environment of a container's first process."""
    environment = host.docker("exec", container, "cat", "/proc/1/environ").split("\0")
    return dict(line.split("=", 1) for line in environment if line)


def test_environment_and_secrets_arrive_byte_for_byte(app: App, host: Host) -> None:
    secrets = app.secrets({f"S_{name}": value for name, value in HOSTILE.items()})
    release = app.candidate_release("v1", secrets=secrets, env=HOSTILE)
    name = f"{app.prefix()}-v1-{release[:8]}"
    found = variables(host, name)
    assert {key: found.get(key) for key in HOSTILE} == HOSTILE
    assert {key: found.get(f"S_{key}") for key in HOSTILE} == HOSTILE
    assert found["KAMAL_VERSION"] == "v1"
    assert found["KAMAL_HOST"] == "web1"
    assert found["KAMAL_CONTAINER_NAME"] == name
    assert found["KAMAL_DESTINATION"] == app.destination
    assert host.run("ls", "/tmp/owned").status != 0


def test_command_labels_and_options_arrive_word_for_word(app: App, host: Host) -> None:
    app.log_in()
    words = (*SERVE, *HOSTILE.values())
    release = app.candidate_release(
        "v1",
        cmd=words,
        labels={"quoted": HOSTILE["SHELL"], "release": "forged"},
        options={
            "memory": ("64m",),
            "init": ("true",),
            "add-host": ("a:10.0.0.1", "b:10.0.0.2"),
            "hostname": ("me",),
            "restart": ("on-failure:2",),
            "log-opt": ("max-size=5m",),
        },
    )

    def found(template: str) -> str:
        return host.docker("inspect", "--format", template, f"{app.prefix()}-v1-{release[:8]}")

    assert tuple(json.loads(found("{{json .Config.Cmd}}"))) == words
    assert found('{{index .Config.Labels "quoted"}}') == HOSTILE["SHELL"]
    assert found('{{index .Config.Labels "release"}}') == release
    assert found("{{.HostConfig.Memory}} {{.HostConfig.Init}} {{.HostConfig.ExtraHosts}}") == (
        "67108864 true [a:10.0.0.1 b:10.0.0.2]"
    )
    assert found("{{.Config.Hostname}} {{.HostConfig.RestartPolicy}} {{.HostConfig.LogConfig}}") == (
        "me {on-failure 2} {json-file map[max-size:5m]}"
    )


def test_a_volume_goes_from_container_to_container_and_its_log_has_a_driver_of_its_own(app: App, host: Host) -> None:
    volume = f"data-of-{app.name}"
    options = {"volume": (f"{volume}:/data",), "log-driver": ("local",), "log-opt": ("max-size=5m",)}
    first = app.release("v1", options=options)
    host.docker("exec", first.container, "sh", "-c", "echo kept >/data/file")
    second = app.release("v2", options=options)
    assert host.docker("exec", second.container, "cat", "/data/file") == "kept"
    assert (
        host.docker("inspect", "--format", "{{.HostConfig.LogConfig}}", second.container) == "{local map[max-size:5m]}"
    )
    app.tear_down()
    assert host.docker("volume", "rm", volume) == volume


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("PATH", "a\nb", "PATH has a value of several lines"),
        ("DOCKER_HOST", "a\nb", "DOCKER_HOST has a value of several lines"),
        ("HUGE", "x" * 140_000, "more than 128 KB"),
        ("1A", "x", '"1A" has no valid name'),
    ],
)
def test_a_variable_that_cannot_be_handed_over_is_refused(
    shared_app: App, name: str, value: str, complaint: str
) -> None:
    before = shared_app.snapshot()
    result = shared_app.candidate("v2", env={name: value})
    assert complaint in result.failure
    assert result.err.count("host_tool:") == 1
    assert shared_app.snapshot() == before
