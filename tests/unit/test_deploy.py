"""`Deploy` in programs that make the settings themselves."""

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pulumi
import pytest

from components import (
    BuilderSettings,
    Deploy,
    EnvSettings,
    RegistrySettings,
    RoleSettings,
    Secret,
    Settings,
    SshSettings,
)
from tests.unit.graph import HOSTS, KEY, PROJECT, declare, run_program


def typed(service: str, **changes: Any) -> Settings:
    """Settings made by a program."""
    given: dict[str, Any] = {
        "service": service,
        "image": f"acme/{service}",
        "servers": {"web": RoleSettings(hosts=tuple(HOSTS), env=EnvSettings(secret=("DB",)))},
        "registry": RegistrySettings(server="registry.test"),
        "builder": BuilderSettings(context="../app"),
        "ssh": SshSettings(host_keys=dict.fromkeys(HOSTS, KEY)),
        "secrets": {"DB": Secret("d4tabase-pass")},
    }
    return Settings(**given | changes)


def test_two_apps_can_be_deployed_to_the_same_hosts_by_one_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deploys: list[Deploy] = []

    def program() -> None:
        deploys.append(Deploy("shop", typed("shop")))
        deploys.append(Deploy("blog", typed("blog"), opts=pulumi.ResourceOptions(depends_on=deploys[:1])))

    graph = run_program(tmp_path, monkeypatch, program)
    switches = {f"{app}-{host}-web-switch" for app in ("shop", "blog") for host in HOSTS}
    assert {command.name for command in graph.named("-switch")} == switches
    # A name of a resource is its own.
    keys = [each.key for each in graph.declared]
    assert len(keys) == len(set(keys))
    assert deploys[0].addresses == [f"http://{host}" for host in HOSTS]


def test_settings_that_do_not_hold_are_one_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = typed("shop", secrets={}, builder=BuilderSettings(context="../nowhere"))
    with pytest.raises(pulumi.RunError) as caught:
        run_program(tmp_path, monkeypatch, lambda: Deploy("shop", settings))
    assert "servers.web.env.secret[0]: the secret DB is not set" in str(caught.value)
    assert 'builder.context: "../nowhere"' in str(caught.value)


def test_whatever_is_deployed_is_part_of_the_deploy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    graph = declare(tmp_path, monkeypatch)
    top = [each.key for each in graph.declared if each.parent.rpartition("::")[0].endswith("pulumi:pulumi:Stack")]
    assert top == ["Deploy shop"]
    assert all(each.parent for each in graph.declared)


def test_paths_are_relative_to_the_projects_folder_also_where_the_program_is_in_a_folder_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pulumi.yaml's `main` names the program's folder, and Pulumi runs program and plugins there."""
    monkeypatch.setattr("pulumi.get_root_directory", lambda: str(tmp_path))
    hook = tmp_path / "hooks" / "pre-build"
    hook.parent.mkdir()
    hook.write_text("#!/bin/sh\n")
    hook.chmod(0o755)
    settings = typed("shop", builder=BuilderSettings(context="app"))
    graph = run_program(tmp_path, monkeypatch, lambda: Deploy("shop", settings))
    (image,) = [each for each in graph.declared if each.kind == "docker:index/remoteImage:RemoteImage"]
    assert image.inputs["build"]["context"].startswith("../.local/build/")
    (pre_build,) = graph.named("shop-pre-build")
    assert (pre_build.inputs["dir"], pre_build.inputs["create"]) == ("..", "python3 -I -X utf8 - 600 ./hooks/pre-build")
    (provider,) = [each for each in graph.declared if each.kind == "pulumi:providers:docker"]
    assert provider.inputs["host"] == "unix://../.local/docker.sock"


def test_an_interrupt_ends_the_program_without_a_traceback() -> None:
    program = (
        "import os, signal, time; from components.failure import end_quietly_on_interrupt\n"
        "end_quietly_on_interrupt(); os.kill(os.getpid(), signal.SIGINT); time.sleep(10)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (-signal.SIGINT, "")
