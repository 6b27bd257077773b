"""A host that the first release (commit 62f864e) has deployed to: today's host tool goes on with what is there."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from components.host_tool.program import program_hash
from components.host_tool.result import Prepared, Running, StartedCandidate
from components.host_tool.spec import TaskSpec
from tests.host.docker_host import App, Host
from tests.host.docker_shim import killed_after, killed_before
from tests.host.first_release import FirstRelease, extract

NUMBERS = itertools.count(1)

SECRETS = {"TOKEN": 'quo"ted', "LINES": "a\nb\n"}

# The same container, as the first release spelled it and as it is spelled today.
WEB = {
    "env.GREETING": "Grüße",
    "env.TEXT": "a\nb",
    "label.team": "red team",
    "option.volume.0": "/cache",
    "option.volume.1": "/more",
    "option.memory": "64m",
    "cmd.0": "sh",
    "cmd.1": "/serve.sh",
}
WEB_TODAY: dict[str, Any] = {
    "env": {"GREETING": "Grüße", "TEXT": "a\nb"},
    "labels": {"team": "red team"},
    "options": {"volume": ("/cache", "/more"), "memory": ("64m",), "log-opt": ("max-size=10m",)},
    "cmd": ("sh", "/serve.sh"),
}
WORKER_TODAY: dict[str, Any] = {"options": {"log-opt": ("max-size=10m",)}}


@dataclass(frozen=True)
class Deployed:
    """An app that the first release has deployed.

    Attributes:
        first_release: Its program.
        app: The app, for today's tool.
        old, web, worker: What its switches have said: of v1 and v2 of the role web, and of v2 of the role worker.
    """

    first_release: FirstRelease
    app: App
    old: dict[str, str]
    web: dict[str, str]
    worker: dict[str, str]

    def candidate(self, version: str) -> StartedCandidate:
        """A candidate of the role web by today's tool."""
        secrets = self.app.secrets(SECRETS)
        return self.app.candidate(version, secrets=secrets, **WEB_TODAY).result(StartedCandidate)

    def release(self, version: str) -> Running:
        """A release of the role web by today's tool."""
        return self.app.switch(version, self.candidate(version).release).result(Running)

    def release_worker(self) -> Running:
        """A release of the role worker by today's tool."""
        release = self.app.candidate_release("v2", "worker", **WORKER_TODAY)
        return self.app.switch("v2", release, "worker").result(Running)


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first release's program."""
    return extract(tmp_path_factory.mktemp("first-release"))


@pytest.fixture
def deployed(host: Host, program: Path) -> Iterator[Deployed]:
    """The only app of the host, deployed by the first release: v1, then v2, with secrets; a worker. Then prepared by today's."""
    app = App(host, f"taken{next(NUMBERS)}")
    first = FirstRelease(app, program)
    first.prepare()
    secrets = first.secrets(SECRETS)
    old = first.release("v1", secrets=secrets, container=WEB)
    web = first.release("v2", secrets=secrets, container=WEB)
    worker = first.release("v2", "worker")
    proxy = started(host, "kamal-proxy")
    app.prepare().result(Prepared)
    assert started(host, "kamal-proxy") == proxy
    yield Deployed(first, app, old, web, worker)
    app.remove()
    assert host.docker("ps", "--all", "--quiet") == ""


def started(host: Host, container: str) -> str:
    """A container's id and when it was started."""
    return host.docker("inspect", "--format", "{{.Id}} {{.State.StartedAt}}", container)


def test_the_same_release_is_the_same_container_which_is_not_restarted(deployed: Deployed, host: Host) -> None:
    before = [started(host, one["container"]) for one in (deployed.web, deployed.worker)]
    assert deployed.candidate("v2") == StartedCandidate(deployed.web["release"], deployed.web["release"])
    web, worker = deployed.release("v2"), deployed.release_worker()
    assert [started(host, one.container) for one in (web, worker)] == before
    assert (vars(web), vars(worker)) == (deployed.web, deployed.worker)
    assert host.get(deployed.app.web_host) == (200, "v2")
    assert sorted(deployed.app.containers().values()) == ["exited", "running", "running"]


def test_a_rollback_starts_the_retained_container_again_with_its_secrets(deployed: Deployed, host: Host) -> None:
    running = deployed.release("v1")
    assert running.container_id == deployed.old["container_id"]
    assert running.previous == "v2"
    environment = host.docker("exec", running.container, "cat", "/proc/1/environ").split("\0")
    assert {f"{name}={value}" for name, value in SECRETS.items()} <= set(environment)
    assert host.get(deployed.app.web_host) == (200, "v1")


def test_a_container_that_is_gone_is_made_again_with_the_secrets_that_the_host_has_kept(
    deployed: Deployed, host: Host
) -> None:
    host.docker("rm", "--force", deployed.web["container"])
    running = deployed.app.switch("v2", deployed.web["release"]).result(Running)
    environment = host.docker("exec", running.container, "cat", "/proc/1/environ").split("\0")
    expected = {**SECRETS, "GREETING": "Grüße", "TEXT": "a\nb"}
    assert {f"{name}={value}" for name, value in expected.items()} <= set(environment)


def test_a_new_version_retires_what_the_first_release_has_deployed(deployed: Deployed, host: Host) -> None:
    running = deployed.app.switch("v3", deployed.candidate("v3").release, retain_containers=1).result(Running)
    assert running.previous == "v2"
    assert deployed.app.containers("web") == {deployed.web["container"]: "exited", running.container: "running"}


@pytest.mark.parametrize("kill", [killed_before, killed_after], ids=["before", "after"])
def test_a_takeover_that_was_killed_is_done_again(deployed: Deployed, host: Host, kill: Any) -> None:
    app, before = deployed.app, started(host, deployed.web["container"])
    secrets = app.secrets(SECRETS)
    result = app.candidate("v2", secrets=secrets, before=kill("exec kamal-proxy kamal-proxy remove"), **WEB_TODAY)
    assert result.status == 137, result.err
    assert deployed.release("v2").release == deployed.web["release"]
    assert started(host, deployed.web["container"]) == before
    assert app.record().previous == deployed.old["release"]


def test_a_release_task_that_has_run_does_not_run_again(deployed: Deployed) -> None:
    deployed.first_release.pull("v3")
    deployed.first_release.task("v3", "true")
    spec = TaskSpec(deployed.app.container("v3", cmd=("echo", "migrating")), 20)
    result = deployed.app.call("task", "web", deployed.app.host.images["v3"], "-", spec=spec)
    assert (result.status, "is done already" in result.err) == (0, True), result.err


def test_todays_teardown_leaves_nothing(deployed: Deployed, host: Host) -> None:
    for role in ("web", "worker"):
        assert deployed.app.tear_down(role).status == 0
    assert host.docker("ps", "--all", "--quiet") == ""
    assert host.run("ls", ".kamal").status != 0


@pytest.mark.parametrize("taken_over", [False, True], ids=["prepared", "released"])
def test_the_first_releases_teardown_works_until_every_role_was_released(
    deployed: Deployed, host: Host, taken_over: bool
) -> None:
    """A stack that is destroyed, or that a role leaves, after an update that failed half way."""
    if taken_over:
        deployed.release("v3")
        deployed.app.abandon()
    assert host.run("test", "-x", deployed.first_release.tool).status == 0
    for role in ("web", "worker"):
        result = deployed.first_release.teardown(role)
        assert result.status == 0, result.err
    assert host.docker("ps", "--all", "--quiet") == ""
    assert host.run("ls", ".kamal").status != 0


def test_the_first_releases_teardown_leaves_what_is_deployed_today(deployed: Deployed, host: Host) -> None:
    """The update that declares today's teardown removes the first release's from the state."""
    running = deployed.release("v3")
    # Until every role was released, its own tool is there, and takes down what it is told to.
    deployed.release_worker()
    result = deployed.first_release.teardown("web")
    assert result.status == 0
    assert "nothing is torn down: role web is still deployed here" in result.err
    assert deployed.app.containers("web")[running.container] == "running"
    assert host.get(deployed.app.web_host) == (200, "v3")


def test_the_first_releases_files_go_once_every_role_was_released(deployed: Deployed, host: Host) -> None:
    deployed.release("v2")
    deployed.release_worker()
    app = deployed.app
    assert host.run("ls", f"{app.home}/bin").out.split() == [f"host_tool-{program_hash()}"]
    files = {Path(path).name for path in host.run("find", f"{app.home}/roles", "-type", "f").out.split()}
    secrets = app.secrets(SECRETS)
    assert files == {"role.json", "release.json", "lock", secrets}
    # Its teardown is in the state until the next update: then the tool that is there does it.
    app.abandon()
    for role in ("web", "worker"):
        assert deployed.first_release.teardown(role).status == 0
    assert host.run("ls", ".kamal").status != 0
