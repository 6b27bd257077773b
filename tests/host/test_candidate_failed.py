"""candidate: one that fails says why, and leaves the host as it was."""

from typing import Any

import pytest

from components.host_tool.result import StartedCandidate
from tests.host.docker_host import App

Options = dict[str, Any]

CRASHING: Options = {"cmd": ("sh", "-c", "echo cannot open the database >&2; exit 3")}
CRASHING_ONCE: Options = {**CRASHING, "options": {"restart": ("no",)}}
SILENT: Options = {"cmd": ("sleep", "100")}
HANGING: Options = {"cmd": ("sh", "-c", "sleep 100 | nc -l -p 80 >/dev/null")}
UNHEALTHY: Options = {"path": "/missing", "deploy_timeout": 1}


@pytest.mark.parametrize(
    ("options", "complaints"),
    [
        (CRASHING, ["version v2 ended before it was healthy", "cannot open the database", "exit code 3"]),
        (CRASHING_ONCE, ["version v2 ended before it was healthy", "cannot open the database", "exit code 3"]),
        (SILENT | {"deploy_timeout": 1}, ["did not become healthy within 1 s at :80/up", "connection refused"]),
        (HANGING | {"deploy_timeout": 2}, ["did not become healthy within 2 s at :80/up", "no answer in time"]),
        (UNHEALTHY, ["did not become healthy within 1 s at :80/missing", "status 404", "serving v2"]),
        ({"cmd": ("/no/such/program",)}, ["could not be made", "/no/such/program"]),
        ({"options": {"no-such-option": ("1",)}}, ["could not be made", "no-such-option"]),
    ],
    ids=["crashing", "crashing once", "never listening", "never answering", "unhealthy", "no program", "bad option"],
)
def test_a_candidate_that_fails_says_why_and_leaves_the_host_as_it_was(
    shared_app: App, options: Options, complaints: list[str]
) -> None:
    before = shared_app.snapshot()
    result = shared_app.candidate("v2", **options)
    for complaint in ["host web1, role web: ", *complaints]:
        assert complaint in result.failure
    assert shared_app.snapshot() == before
    line = shared_app.audit()[-1]
    found = {key: line[key] for key in ("performer", "verb", "role", "version", "result")}
    assert found == {"performer": "-", "verb": "candidate", "role": "web", "version": "v2", "result": "failed"}
    assert line["message"] in result.err
    assert shared_app.host.get(shared_app.web_host) == (200, "v1")


def test_what_a_candidate_printed_is_shown_in_short_lines_of_valid_text(shared_app: App) -> None:
    noise = r"head -c 100000 /dev/zero | tr '\0' x; printf '\377\376\033[31mred\n'; exit 3"
    result = shared_app.candidate("v2", cmd=("sh", "-c", noise), options={"restart": ("no",)})
    lines = result.failure.splitlines()
    assert any("xxx" in line for line in lines)
    assert max(len(line) for line in lines) < 400
    assert "\033" not in result.err


def test_a_good_candidate_goes_on_where_a_failed_one_stopped(app: App) -> None:
    app.release("v1")
    assert "ended before it was healthy" in app.candidate("v2", **CRASHING).failure
    assert app.candidate("v2").result(StartedCandidate).previous == app.record().current


def test_a_time_limit_names_what_was_waited_for_and_cleans_up(shared_app: App) -> None:
    before = shared_app.snapshot()
    spec = shared_app.candidate_spec("v2", deploy_timeout=30, **SILENT)
    result = shared_app.call("candidate", "web", shared_app.host.images["v2"], "-", spec=spec, limit=2)
    assert result.status == 124
    assert "while waiting for version v2 of role web to become healthy" in result.err
    assert shared_app.snapshot() == before
    assert shared_app.audit()[-1]["result"] == "failed"


@pytest.mark.parametrize("role", ["../../x", "-web", "a b", "", "$(id)", "a;b"])
def test_a_role_that_is_no_name_is_refused(shared_app: App, role: str) -> None:
    spec = shared_app.candidate_spec("v1")
    result = shared_app.call("candidate", role, shared_app.host.images["v1"], "-", spec=spec)
    assert "is not a valid name" in result.failure
