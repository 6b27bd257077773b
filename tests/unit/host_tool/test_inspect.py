"""inspect: what runs, role by role, and nothing is changed."""

import shutil

from components.host_tool.result import Inspection, RoleInspection, Running
from components.host_tool.verbs import inspect

from .fake_host import ROLE, FakeHost


def inspected(host: FakeHost) -> Inspection:
    return host.run("inspect", inspect.run)


def deployed(host: FakeHost) -> Running:
    host.release("v1")
    return host.release("v2")


def test_a_host_without_the_app_has_no_roles(host: FakeHost) -> None:
    assert inspected(host) == Inspection({})


def test_what_the_switch_said_is_what_runs(host: FakeHost) -> None:
    running = deployed(host)
    assert inspected(host) == Inspection({ROLE: RoleInspection("running", running)})


def test_a_candidate_is_not_what_runs(host: FakeHost) -> None:
    host.candidate("v1")
    assert inspected(host) == Inspection({ROLE: RoleInspection("absent")})


def test_a_container_that_was_stopped_by_hand_is_told(host: FakeHost) -> None:
    running = deployed(host)
    host.docker.run("stop", running.container)
    assert inspected(host).roles[ROLE].state == "exited"


def test_a_container_that_was_removed_by_hand_is_absent(host: FakeHost) -> None:
    running = deployed(host)
    host.docker.run("rm", "--force", "--volumes", running.container)
    assert inspected(host) == Inspection({ROLE: RoleInspection("absent")})


def test_a_host_whose_kamal_folder_was_lost_has_no_roles(host: FakeHost) -> None:
    deployed(host)
    shutil.rmtree(host.folder.kamal)
    assert inspected(host) == Inspection({})
    assert not host.folder.kamal.exists()
