"""hook: the user's script, on the host."""

from collections.abc import Mapping

import pytest

from components.host_tool.spec import HookSpec
from tests.host.docker_host import App, Host, Result

HOSTILE = "a'b\"c $(touch /tmp/owned) `touch /tmp/owned`\n-x\n"


def hook(
    app: App,
    script: str,
    *words: str,
    name: str = "pre-deploy",
    limit: int = 10,
    started_at: int = 0,
    secrets: Mapping[str, str] | None = None,
) -> Result:
    """Run a hook on the host."""
    spec = HookSpec(script, "Tess", "2026-01-01T00:00:00Z", started_at, dict(secrets or {}))
    return app.call("hook", name, str(limit), *words, spec=spec)


def test_a_hook_has_kamals_variables_and_its_secrets_byte_for_byte(shared_app: App, host: Host) -> None:
    script = '#!/bin/sh\nprintf \'%s|%s|%s|%s|\' "$KAMAL_VERSION" "$KAMAL_PERFORMER" "$KAMAL_RECORDED_AT" "$TOKEN"\n'
    result = hook(shared_app, script, f"KAMAL_VERSION={HOSTILE}", secrets={"TOKEN": HOSTILE})
    assert result.status == 0, result.err
    assert f"{HOSTILE}|Tess|2026-01-01T00:00:00Z|{HOSTILE}|" in result.err
    assert result.out == ""
    assert host.run("ls", "/tmp/owned").status != 0


def test_a_hook_that_fails_fails_the_step_and_its_output_is_shown(shared_app: App) -> None:
    result = hook(shared_app, "#!/bin/sh\necho to stdout\necho to stderr >&2\nexit 3\n")
    assert "hook pre-deploy failed with exit status 3" in result.failure
    assert "to stdout\nto stderr\n" in result.err


def test_the_first_line_of_a_hook_says_what_runs_it(shared_app: App) -> None:
    assert "7\n" in hook(shared_app, "#!/usr/bin/awk -f\nBEGIN { print 3 + 4 }\n").err
    assert "no first line" in hook(shared_app, "echo no first line\n").err
    assert "Check its mode, its first line" in hook(shared_app, "#!/no/such/interpreter\n").failure


def test_a_hook_that_takes_too_long_is_ended_with_all_that_it_started(shared_app: App, host: Host) -> None:
    result = hook(shared_app, "#!/bin/sh\nsleep 4711 & sleep 4712\n", limit=1)
    assert "hook pre-deploy did not end within 1 s" in result.failure
    assert result.seconds < 8
    assert host.run("sh", "-c", "ps ax | grep 'sleep 471[12]'").out == ""


def test_a_background_process_that_holds_a_hooks_output_is_not_waited_for(shared_app: App) -> None:
    result = hook(shared_app, "#!/bin/sh\nsleep 20 &\necho started it\n", limit=30)
    assert (result.status, "started it" in result.err) == (0, True)
    assert result.seconds < 15


def test_a_hooks_output_is_shown_in_short_lines_as_it_comes(shared_app: App) -> None:
    """Pulumi's command plugin hangs on a line of 64 KiB."""
    result = hook(shared_app, "#!/bin/sh\nhead -c 100000 /dev/zero | tr '\\0' x\necho\necho next line\n")
    assert result.status == 0
    _, long, following = result.err.splitlines()
    assert (set(long), following) == ({"x"}, "next line")
    assert 100 < len(long) < 1000


def test_what_is_not_utf_8_in_a_hooks_output_is_left_out(shared_app: App) -> None:
    """Pulumi's command plugin fails on it."""
    result = hook(
        shared_app,
        "#!/bin/sh\nprintf 'Gr\\303\\274\\377\\376\\000\\033[1m\\303\\237e\\n'\nhead -c 50000 /dev/urandom\n",
    )
    assert result.status == 0
    assert "Grü[1mße\n" in result.err
    assert all(character.isprintable() or character in "\t\n" for character in result.err)


def test_post_deploy_is_told_how_long_the_deploy_took(shared_app: App, host: Host) -> None:
    now = int(host.run("date", "+%s").out)
    script = '#!/bin/sh\necho "runtime $KAMAL_RUNTIME."\n'
    took = hook(shared_app, script, name="post-deploy", started_at=now - 100).err
    assert any(f"runtime {seconds}." in took for seconds in range(100, 110))
    assert "runtime 0." in hook(shared_app, script, name="post-deploy", started_at=now + 500).err
    assert "runtime ." in hook(shared_app, script, name="pre-deploy", started_at=now).err


@pytest.mark.parametrize(
    "word", ["PATH=/tmp", "KAMAL_=1", "kamal_x=1", "KAMAL_$(id)=1", "KAMAL_VERSION", "LD_PRELOAD=x"]
)
def test_a_variable_that_is_not_kamals_is_refused(shared_app: App, word: str) -> None:
    result = hook(shared_app, "#!/bin/sh\necho it runs\n", word)
    assert f'"{word.partition("=")[0]}" ' in result.failure
    assert "it runs" not in result.err


@pytest.mark.parametrize("name", ["PATH", "IFS", "LD_PRELOAD", "A-B", "1A"])
def test_a_secret_that_cannot_be_a_variable_of_a_script_is_refused(shared_app: App, name: str) -> None:
    result = hook(shared_app, "#!/bin/sh\necho it runs\n", secrets={name: "hunter2"})
    assert f'"{name}" cannot be a variable' in result.failure
    assert "it runs" not in result.err


def test_nothing_of_a_hook_stays_behind(shared_app: App, host: Host) -> None:
    hook(shared_app, "#!/bin/sh\nexit 1\n", secrets={"TOKEN": "hunter2"})
    assert host.run("sh", "-c", f"grep -r hunter2 {shared_app.home}; ls -d {shared_app.home}/run.*").out == ""
