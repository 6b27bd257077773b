"""Back to an older version, and forth again."""

import re
from pathlib import Path

import pytest

from tests.e2e.load import Load
from tests.e2e.site import Site
from tests.e2e.stack import Stack


@pytest.mark.one_host
def test_a_rollback_builds_nothing_and_starts_the_kept_containers_again(
    stack: Stack, site: Site, tmp_path: Path
) -> None:
    stack.up()
    first = stack.outputs()
    stack.write("page.html", "<p>second</p>")
    second = stack.commit()
    stack.up()
    newer = stack.outputs()
    stack.configure(version=first["version"])
    environment = dict(stack.environment)
    # Going back needs neither a Docker engine on the deployer, which building does, nor the registry.
    stack.environment["DOCKER_HOST"] = "unix:///nowhere/docker.sock"
    stack.environment |= {"HTTPS_PROXY": "http://127.0.0.1:1", "NO_PROXY": "", "no_proxy": ""}
    stack.preview()
    with Load(stack, tmp_path, stack.environment) as load:
        output = stack.up()
    assert not load.failed(), load.failed()[:3]
    assert not load.late_old_answers(first["version"]), load.late_old_answers(first["version"])[:3]
    assert "building" not in output
    assert "naming to" not in output
    assert site.versions() == [first["version"]] * len(stack.hosts)
    after = stack.outputs()
    assert after["previous_version"] == second
    for host in stack.hosts:
        kept = first["hosts"][host.address]["web"]["container_id"]
        assert after["hosts"][host.address]["web"]["container_id"] == kept
    stack.up("--expect-no-changes")
    stack.configure(version="v-nowhere")
    unknown = stack.preview_fails()
    assert f"The hosts have run:\n  {first['version']}\n  {second}\n" in re.sub(r"\n +", "\n  ", unknown)
    stack.configure(version=None)
    assert "No Docker engine answers at unix:///nowhere/docker.sock" in stack.preview_fails()
    stack.environment = environment
    stack.up()
    assert site.versions() == [second] * len(stack.hosts)
    # The same image as before, in the same containers.
    again = stack.outputs()
    assert again["digest"] == newer["digest"]
    for host in stack.hosts:
        kept = newer["hosts"][host.address]["web"]["container_id"]
        assert again["hosts"][host.address]["web"]["container_id"] == kept


@pytest.mark.one_host
def test_a_version_that_the_registry_does_not_have_is_an_error(stack: Stack) -> None:
    stack.configure(version="v-nowhere")
    output = stack.up_fails()
    assert f"{stack.inventory.registry.server}/tests/{stack.service}:v-nowhere" in output
    assert "pulumi config rm deploy:version" in output
    assert "Traceback" not in output
