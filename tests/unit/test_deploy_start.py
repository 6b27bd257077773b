"""Who deploys and when: found out anew by whatever makes hooks run, and by nothing else."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from components.deploy_start import SCRIPT
from components.settings.hooks import HOOKS
from tests.unit.graph import HOSTS, Graph, add_hooks, changes, declare

HOST = f"shop-{HOSTS[0]}"
# Those that run when something is deployed. `docker-setup` runs once for each host.
ON_THE_HOST = ("pre-deploy", "pre-app-boot", "post-app-boot", "post-deploy")
ON_THE_DEPLOYER = ("pre-connect", "pre-build")


def assert_that_the_deploy_starts_anew(before: Graph, after: Graph) -> None:
    """Every hook of the deploy runs, and is told who deploys now and when."""
    changed = changes(before, after)
    assert "shop-start" in changed
    for hook in ON_THE_HOST:
        assert {"stdin.recorded_at", "stdin.started_at"} <= set(changed[f"{HOST}-{hook}"])
    for hook in ON_THE_DEPLOYER:
        assert "environment.KAMAL_RECORDED_AT" in changed[f"shop-{hook}"]


def test_an_edited_hook_alone_is_a_deploy_with_a_start_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_hooks(tmp_path, *HOOKS)
    before = declare(tmp_path, monkeypatch)
    add_hooks(tmp_path, "post-deploy", script="#!/bin/sh\necho edited\n")
    after = declare(tmp_path, monkeypatch)
    assert_that_the_deploy_starts_anew(before, after)
    assert changes(before, after)["shop-start"] == ["environment.HOOKS"]
    assert "stdin.script" in changes(before, after)[f"{HOST}-post-deploy"]


@pytest.mark.parametrize("program", ["program_hash", "runner_text"])
def test_hooks_that_another_program_runs_are_a_deploy_with_a_start_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    """An upgrade of this package changes the inputs of the hooks, so they run."""
    add_hooks(tmp_path, *HOOKS)
    before = declare(tmp_path, monkeypatch)
    monkeypatch.setattr(f"components.hook.{program}", lambda: "another one")
    assert_that_the_deploy_starts_anew(before, declare(tmp_path, monkeypatch))


def test_a_changed_setting_or_secret_is_a_deploy_with_a_start_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_hooks(tmp_path, *HOOKS)
    before = declare(tmp_path, monkeypatch)
    assert_that_the_deploy_starts_anew(before, declare(tmp_path, monkeypatch, env={"clear": {"A": "2"}}))
    secrets = {"REGISTRY": "r3g1stry-pass", "DB": "an0ther-pass"}
    assert_that_the_deploy_starts_anew(before, declare(tmp_path, monkeypatch, secrets=secrets))


def test_without_hooks_nobody_needs_to_know(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    graph = declare(tmp_path, monkeypatch)
    assert not [command for command in graph.commands() if command.name.endswith("-start")]


def test_the_performer_is_gits_user_in_harmless_characters(tmp_path: Path) -> None:
    (tmp_path / ".gitconfig").write_text('[user]\nemail = "te\\"ss\\\\ $(id)@example.com"\n')
    environment = os.environ | {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    done = subprocess.run(
        ["sh", "-s"],
        input=SCRIPT.read_text(),
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    start = json.loads(done.stdout)
    assert start["performer"] == "tessid@example.com"
    assert isinstance(start["started_at"], int)
    assert start["recorded_at"].endswith("Z")
