"""What a deploy does, seen from outside."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.load import FULL_RATE, Load
from tests.e2e.site import Site
from tests.e2e.stack import Stack


@pytest.mark.alone
def test_no_request_fails_and_none_is_answered_by_the_old_version_after_the_switch(
    stack: Stack, site: Site, tmp_path: Path
) -> None:
    """Two deploys under an open-loop load over all hosts, for their whole time."""
    first = stack.git("rev-parse", "HEAD")
    stack.up()
    assert site.versions() == [first] * len(stack.hosts)
    for change in (1, 2):
        stack.write("page.html", f"<p>{change}</p>")
        new = stack.commit()
        with Load(stack, tmp_path, stack.environment, rate=FULL_RATE) as load:
            stack.up()
        assert not load.failed(), load.failed()[:3]
        assert not load.late_old_answers(new), load.late_old_answers(new)[:3]
        assert {answer.host for answer in load.answers if new in answer.body} == {host.address for host in stack.hosts}
        assert site.versions() == [new] * len(stack.hosts)


def test_an_unchanged_up_changes_nothing_also_for_somebody_else_who_can_deploy_as_well(
    stack: Stack, site: Site, other_agent: Path, tmp_path: Path
) -> None:
    """Another clone of project and app, another SSH key, Docker socket, git identity, home and user; the same state."""
    stack.up()
    stack.up("--expect-no-changes")
    docker = other_agent.with_name("docker.sock")
    docker.symlink_to(stack.environment["DOCKER_HOST"].removeprefix("unix://"))
    second = stack.as_second_person(
        tmp_path / "somewhere" / "else",
        SSH_AUTH_SOCK=str(other_agent),
        DOCKER_HOST=f"unix://{docker}",
        GIT_AUTHOR_NAME="Second",
        GIT_AUTHOR_EMAIL="second@example.invalid",
        GIT_COMMITTER_EMAIL="second@example.invalid",
        HOME=str(tmp_path),
        USER="second",
        LOGNAME="second",
    )
    second.up("--expect-no-changes")
    second.write("page.html", "<p>by the second</p>")
    new = second.commit()
    second.up()
    assert site.versions() == [new] * len(stack.hosts)
    stack.git("pull", "--quiet", str(second.app), "main")
    stack.up("--expect-no-changes")


@pytest.mark.one_host
def test_a_changed_variable_swaps_the_containers_and_builds_nothing(stack: Stack, site: Site) -> None:
    stack.up()
    before = stack.outputs()
    stack.configure(env={"clear": {"GREETING": 'It\'s "new" <now> & $HOME'}})
    preview = stack.preview("--diff")
    assert "GREETING" in preview
    output = stack.up()
    assert "RemoteImage" not in output
    after = stack.outputs()
    assert after["digest"] == before["digest"]
    for host in stack.hosts:
        assert (
            after["hosts"][host.address]["web"]["container_id"] != before["hosts"][host.address]["web"]["container_id"]
        )
        assert 'It\'s "new" &lt;now&gt; &amp; $HOME' in site.text(host)


def test_an_update_does_what_its_preview_said_and_needs_few_ssh_connections(
    stack: Stack, connections: Callable[[], dict[str, int]]
) -> None:
    """The first deploy, and one of a changed version, with secrets. A preview looks at each host once.

    With `--plan` an update fails at the first resource that differs from the preview.
    """
    stack.configure(secrets={"TOKEN": "x"}, env={"secret": ["TOKEN"]})
    plan = str(stack.folder / "plan.json")
    version = stack.git("rev-parse", "HEAD")
    for change in ("create", "update [diff: ~version]"):
        looked = {host: count + 1 for host, count in connections().items()}
        preview = stack.preview("--save-plan", plan)
        assert connections() == looked
        for host in stack.hosts:
            assert f"{host.address}-web {change}" in preview
        assert f'"{version}"' in preview
        stack.up("--plan", plan)
        made = {host: count - looked[host] for host, count in connections().items()}
        assert all(0 < count <= 6 for count in made.values()), made
        stack.write("page.html", "<p>changed</p>")
        version = stack.commit()
