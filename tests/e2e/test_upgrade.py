"""A stack that the first release has deployed goes on with today's program."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.footprint import OnHost, footprints
from tests.e2e.site import Site
from tests.e2e.stack import PROJECT, Stack

# The program at commit 62f864e: `git archive 62f864e Pulumi.yaml __main__.py components deploy`.
FIRST_RELEASE = Path(__file__).parent / "fixtures" / "first_release.tar.xz"


def started(stack: Stack, on_host: OnHost) -> list[str]:
    """Host by host the app's containers, with their ids and when they were started."""
    names = f"docker ps --all --quiet --filter label=service={stack.service}"
    return [
        on_host(host, f"docker inspect --format '{{{{.Id}}}} {{{{.State.StartedAt}}}}' $({names})")
        for host in stack.hosts
    ]


@pytest.mark.long
def test_it_takes_nothing_down_and_restarts_no_container(
    new_stack: Callable[..., Stack], on_host: OnHost, tmp_path: Path
) -> None:
    """Two hosts, two roles, secrets, and a hook of each kind."""
    program = tmp_path / "first-release"
    program.mkdir()
    subprocess.run(["tar", "--extract", "--xz", "--file", FIRST_RELEASE, "--directory", program], check=True)
    stack = new_stack(program=program)
    first, second = stack.hosts[:2]
    stack.hook("pre-build", "#!/bin/sh\ntrue\n")
    stack.hook("docker-setup", '#!/bin/sh\necho once >>/tmp/"$KAMAL_SERVICE"-setup\n')
    stack.hook("post-deploy", "#!/bin/sh\ntrue\n")
    stack.with_worker(readiness_delay="1")
    stack.up()
    outputs, containers, left = stack.outputs(), started(stack, on_host), footprints(stack, on_host)
    assert containers[0].count("\n") == 1
    assert containers[1].count("\n") == 2

    stack.use_program(PROJECT)
    gone = re.findall(r"command:\S+ (\S+) (delete|replace)", stack.preview())
    # Where nothing comes between, a candidate pulls the image itself. The step was never able to tear anything down.
    assert sorted(gone) == [(f"{host.address}-pull", "delete") for host in (first, second)]
    stack.up()
    assert started(stack, on_host) == containers
    assert footprints(stack, on_host) == left
    assert stack.outputs() == outputs
    assert Site(stack).versions() == [outputs["version"]] * 2
    assert on_host(first, f"cat /tmp/{stack.service}-setup; rm /tmp/{stack.service}-setup") == "once\n"
    stack.up("--expect-no-changes")

    # Of the first release's own files only what its teardown would need is left, and its program is gone.
    for host in (first, second):
        files = on_host(host, f"cd .kamal/apps/{stack.service}-test && find . -type f").split()
        assert len([file for file in files if file.startswith("./bin/")]) == 1, files
        assert [file for file in files if file.endswith(("/spec", "/image", "/current", "/container"))] == []

    stack.write("page.html", "<p>by today's program</p>")
    new = stack.commit()
    stack.up()
    assert Site(stack).versions() == [new] * 2
    # Going back starts the containers that the first release made.
    stack.configure(version=outputs["version"])
    stack.up()
    assert Site(stack).versions() == [outputs["version"]] * 2
    running = stack.outputs()["hosts"]
    for host in (first, second):
        assert running[host.address]["web"]["container_id"] == outputs["hosts"][host.address]["web"]["container_id"]
    stack.destroy()
    assert not any(footprints(stack, on_host))
