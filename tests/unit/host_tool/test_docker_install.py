"""Docker on a host that has none: which commands, as whom, and what is told where it is not possible."""

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from components.host_tool import docker_install
from components.host_tool.docker_install import install_docker, install_problem
from components.host_tool.errors import StepError

from .fake_host import FakeHost

APT = "env DEBIAN_FRONTEND=noninteractive apt-get --quiet --yes --option DPkg::Lock::Timeout=120 --option Dpkg::Options::=--force-confold"


class Machine:
    """A new machine, on which no program is run: each call is noted, and answered.

    Attributes:
        bin: The folder of its programs.
        calls: The commands that were run.
        answers: By the last word of a command, what it answers, call by call: exit status and output. By default all is well.
    """

    def __init__(self, folder: Path) -> None:
        self.bin = folder
        self.calls: list[str] = []
        self.answers: dict[str, list[tuple[int, str]]] = {}

    def add(self, *programs: str) -> None:
        for program in programs:
            (self.bin / program).touch(0o755)

    def run(self, words: Sequence[str], **_: Any) -> CompletedProcess[str]:
        self.calls.append(" ".join(words))
        status, output = (self.answers.get(words[-1]) or [(0, "")]).pop(0)
        return CompletedProcess(words, status, output)


@pytest.fixture
def machine(host: FakeHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A new machine with Debian, whose user is root. The host was prepared before, and has lost its Docker."""
    machine = Machine(tmp_path / "bin")
    machine.bin.mkdir()
    machine.add("apt-get")
    monkeypatch.setenv("PATH", str(machine.bin))
    monkeypatch.setattr(os, "getuid", lambda: 0)
    monkeypatch.setattr(subprocess, "run", machine.run)
    monkeypatch.setattr("time.sleep", lambda _: None)
    return machine


@pytest.fixture
def install(host: FakeHost, machine: Machine) -> Callable[[], None]:
    """Install Docker on the host."""
    return lambda: host.run("prepare", lambda step: install_docker(step, "the input"))


def test_root_installs_the_package_and_has_the_daemon_run(machine: Machine, install: Callable[[], None]) -> None:
    install()
    assert machine.calls == [f"{APT} update", f"{APT} install docker.io", "service docker start", "docker version"]


def test_a_user_with_sudo_joins_the_group_and_begins_again_in_a_session_that_has_it(
    machine: Machine, install: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    began: list[tuple[str, ...]] = []
    given: list[bytes] = []
    machine.add("sudo")
    monkeypatch.setattr(os, "getuid", lambda: 1000)
    monkeypatch.setattr("getpass.getuser", lambda: "deploy")
    monkeypatch.setenv("HOME", "/home/deploy")
    monkeypatch.delenv("SSH_CONNECTION", raising=False)
    monkeypatch.setattr(sys, "argv", ["/tool", "prepare", "shop", "owner"])
    # Pytest itself uses dup2.
    with monkeypatch.context() as patch:
        patch.setattr(os, "dup2", lambda file, _: given.append(os.read(file, 100)))
        patch.setattr(os, "execvp", lambda program, words: began.append((program, *words)))
        install()
    sudo = "sudo --non-interactive"
    assert machine.calls == [
        f"{sudo} true",
        f"{sudo} {APT} update",
        f"{sudo} {APT} install docker.io",
        f"{sudo} service docker start",
        f"{sudo} docker version",
        f"{sudo} usermod --append --groups docker deploy",
    ]
    again = f"{sudo} runuser --user deploy -- env HOME=/home/deploy /tool prepare shop owner"
    assert began == [("sudo", *again.split())]
    assert given == [b"the input\n"]


def test_another_apt_is_waited_for(machine: Machine, install: Callable[[], None]) -> None:
    machine.answers["update"] = [(100, "E: Could not get lock /var/lib/apt/lists/lock."), (0, "")]
    install()
    assert machine.calls.count(f"{APT} update") == 2


def test_lists_that_cannot_be_updated_are_no_end(machine: Machine, install: Callable[[], None]) -> None:
    machine.answers["update"] = [(100, "E: Failed to fetch")]
    install()
    assert machine.calls.count(f"{APT} update") == 1
    assert f"{APT} install docker.io" in machine.calls


def test_what_apt_says_is_shown_when_it_fails(machine: Machine, install: Callable[[], None]) -> None:
    machine.answers["docker.io"] = [(100, "E: Unable to locate package docker.io\n")]
    with pytest.raises(StepError, match=r"Docker could not be installed on .*: apt-get failed") as caught:
        install()
    assert caught.value.output == "E: Unable to locate package docker.io"


def test_a_daemon_that_does_not_answer_is_waited_for_and_told(
    machine: Machine, install: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.answers["version"] = [(1, ""), (0, "")]
    install()
    machine.answers["version"] = [(1, "Cannot connect to the Docker daemon")]
    monkeypatch.setattr(docker_install, "START_LIMIT", -1)
    with pytest.raises(StepError, match="its daemon does not answer after") as caught:
        install()
    assert "Cannot connect" in caught.value.output


@pytest.mark.parametrize(
    ("programs", "user", "may_sudo", "problem"),
    [
        pytest.param(("docker",), 1000, False, None, id="Docker is there"),
        pytest.param(("apt-get",), 0, False, "", id="root"),
        pytest.param(("apt-get", "sudo"), 1000, True, "", id="sudo without a password"),
        pytest.param(("apt-get", "sudo"), 1000, False, "needs root, or sudo without a password", id="sudo asks"),
        pytest.param(("apt-get",), 1000, False, "needs root, or sudo without a password", id="no sudo"),
        pytest.param(("dnf",), 0, False, "has no apt-get. Install Docker there by hand", id="Fedora"),
    ],
)
def test_where_docker_can_be_installed(
    machine: Machine,
    monkeypatch: pytest.MonkeyPatch,
    programs: Sequence[str],
    user: int,
    may_sudo: bool,
    problem: str | None,
) -> None:
    (machine.bin / "apt-get").unlink()
    machine.add(*programs)
    monkeypatch.setattr(os, "getuid", lambda: user)
    machine.answers["true"] = [(0 if may_sudo else 1, "")]
    found = install_problem()
    assert found == problem if not problem else problem in (found or "")


@pytest.mark.parametrize("wanted", [True, None])
def test_prepare_installs_docker_only_where_the_settings_say_so(
    host: FakeHost, machine: Machine, wanted: bool | None
) -> None:
    host.docker_install = wanted
    # Nothing that is installed here appears: the step goes on, and finds that out.
    with pytest.raises(StepError, match=r"Docker is not installed .* \(pulumi config set deploy:docker_install true\)"):
        host.prepare()
    assert (f"{APT} install docker.io" in machine.calls) == bool(wanted)
