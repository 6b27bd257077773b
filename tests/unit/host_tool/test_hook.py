"""A hook on a host: its variables, its output, and how it ends."""

import pytest

from components.host_tool.errors import StepError
from components.host_tool.output import LONGEST_LINE
from components.host_tool.spec import HookSpec
from components.host_tool.verbs import hook
from components.host_tool.verbs.hook import kamal_variables, secret_variables

from .fake_host import FakeHost


def test_kamals_variables_are_words() -> None:
    words = ["KAMAL_VERSION=v1", "KAMAL_HOSTS=a,b", "KAMAL_EMPTY=", "KAMAL_EQUALS=a=b"]
    expected = {"KAMAL_VERSION": "v1", "KAMAL_HOSTS": "a,b", "KAMAL_EMPTY": "", "KAMAL_EQUALS": "a=b"}
    assert kamal_variables(words) == expected


@pytest.mark.parametrize("word", ["PATH=/tmp", "KAMAL_=1", "KAMAL_version=1", "KAMAL_A\n=1", "XKAMAL_A=1", "=1", ""])
def test_a_variable_that_is_none_of_kamals_is_refused(word: str) -> None:
    with pytest.raises(StepError, match="is not a variable of a hook"):
        kamal_variables([word])


def test_a_variable_without_a_value_is_refused() -> None:
    with pytest.raises(StepError, match='"KAMAL_VERSION" has no value'):
        kamal_variables(["KAMAL_VERSION"])


def test_secrets_keep_their_names_and_values() -> None:
    secrets = {"TOKEN": "a\nb", "_x1": ""}
    assert secret_variables(secrets) == secrets


@pytest.mark.parametrize("name", ["PATH", "IFS", "LD_PRELOAD", "A-B", "1A", "", "A B", "A\n"])
def test_a_secret_that_cannot_be_a_variable_of_a_script_is_refused_by_its_name_alone(name: str) -> None:
    with pytest.raises(StepError, match="cannot be a variable of a script") as caught:
        secret_variables({name: "hunter2"})
    assert "hunter2" not in str(caught.value)


def run_hook(host: FakeHost, script: str, *, name: str = "pre-deploy", limit: int = 20, started_at: int = 0) -> None:
    spec = HookSpec(script, "Jo", "2026-01-31T12:00:00Z", started_at, {"TOKEN": "hunter2"})
    host.run("hook", lambda step: hook.run(step, spec, name, str(limit), "KAMAL_VERSION=v1"))
    assert not list(host.folder.path.glob("run.*"))


def test_a_hook_gets_its_variables(host: FakeHost, capsys: pytest.CaptureFixture[str]) -> None:
    run_hook(host, "#!/bin/sh\necho $KAMAL_VERSION $KAMAL_PERFORMER $KAMAL_RECORDED_AT ${#TOKEN}\n")
    assert "v1 Jo 2026-01-31T12:00:00Z 7" in capsys.readouterr().err


def test_a_script_without_a_first_line_is_the_shells(host: FakeHost, capsys: pytest.CaptureFixture[str]) -> None:
    run_hook(host, "echo $KAMAL_VERSION\n")
    assert "v1" in capsys.readouterr().err


def test_the_runtime_of_a_deploy_is_never_negative(host: FakeHost, capsys: pytest.CaptureFixture[str]) -> None:
    """Clocks differ."""
    run_hook(host, "echo runtime $KAMAL_RUNTIME\n", name="post-deploy", started_at=2**40)
    assert "runtime 0" in capsys.readouterr().err


def test_lines_of_a_hook_over_64_kib_are_cut_and_what_is_not_utf_8_is_dropped(
    host: FakeHost, capsys: pytest.CaptureFixture[str]
) -> None:
    run_hook(host, "#!/bin/sh\nhead -c 200000 /dev/zero | tr '\\0' a\nprintf '\\n\\377broken\\n'\n")
    assert capsys.readouterr().err.splitlines()[-2:] == ["a" * LONGEST_LINE, "broken"]


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        ("#!/bin/sh\nexit 3\n", "hook pre-deploy failed with exit status 3. Its output is above"),
        ("#!/bin/sh\nno-such-program\n", "failed with exit status 127: it, or a command in it, cannot be run"),
        ("#!/no/such/program\n", "failed with exit status 127: .* Check its mode, its first line"),
    ],
)
def test_a_hook_that_fails_is_told_with_its_exit_status(host: FakeHost, script: str, sentence: str) -> None:
    with pytest.raises(StepError, match=sentence):
        run_hook(host, script)


def test_a_hook_that_does_not_end_in_time_is_killed(host: FakeHost) -> None:
    with pytest.raises(StepError, match="hook pre-deploy did not end within 1 s and was killed"):
        run_hook(host, "#!/bin/sh\nsleep 60 & sleep 60\n", limit=1)
