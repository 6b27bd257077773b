"""One version, everywhere: the fault that the project exists to make impossible."""

import json
import re
from collections.abc import Callable

import pytest

from tests.e2e.footprint import OnHost
from tests.e2e.site import Site
from tests.e2e.stack import Stack

RECORD = '#!/bin/sh\necho "$KAMAL_VERSION" >{file}\n'


@pytest.mark.one_host
def test_a_dirty_tree_has_one_version_in_all_five_places(
    stack: Stack, site: Site, on_host: OnHost, registry_tags: Callable[[str], list[str]]
) -> None:
    """Image tag, hooks' KAMAL_VERSION (host and deployer), container's environment, image label, stack output."""
    record = stack.folder / "seen-by-deployer"
    stack.hook("pre-build", RECORD.format(file=record))
    stack.hook("post-deploy", RECORD.format(file=f"/tmp/{stack.service}"))
    stack.configure(source="worktree")
    stack.write("page.html", "<p>not committed</p>")
    preview = stack.preview()
    stack.up()
    version = stack.outputs()["version"]
    commit = stack.git("rev-parse", "HEAD")
    assert re.fullmatch(f"{commit}_uncommitted_[0-9a-f]{{16}}", version)
    # Two other processes computed it, too.
    assert version in preview
    assert record.read_text().strip() == version
    assert on_host(stack.hosts[0], f"cat /tmp/{stack.service}").strip() == version
    assert registry_tags(f"tests/{stack.service}") == [version]
    for host in stack.hosts:
        running = stack.outputs()["hosts"][host.address]["web"]["container"]
        inspected = json.loads(on_host(host, f"docker inspect {running}"))[0]["Config"]
        assert f"KAMAL_VERSION={version}" in inspected["Env"]
        assert inspected["Image"].partition("@")[0].rpartition(":")[2] == version
        assert inspected["Labels"]["org.opencontainers.image.version"] == version
        said = site.version(host)
        assert said["version"] == said["built"] == version
        # What the version names is what is served.
        assert "not committed" in site.text(host)
    # No second version anywhere in the state; the commit alone is a label of its own.
    state = re.sub(r"(image\.revision\W+(?:value\W+)?)[0-9a-f]{40}", r"\1", stack.state())
    assert set(re.findall(f"{commit}\\w*", state)) == {version}
    # The same content once more, in another process: nothing to do.
    stack.up("--expect-no-changes")
    stack.write("page.html", "<p>not committed either</p>")
    assert stack.preview().count("_uncommitted_") >= 2


@pytest.mark.one_host
def test_by_default_the_commit_is_deployed_and_a_warning_lists_what_is_left_out(stack: Stack, site: Site) -> None:
    stack.write("page.html", "<p>not committed</p>")
    stack.write("new file", "")
    output = stack.up()
    assert "page.html" in output
    assert "new file" in output
    assert stack.outputs()["version"] == stack.git("rev-parse", "HEAD")
    assert "not committed" not in site.text(stack.hosts[0])


def test_strict_refuses_a_dirty_tree_and_declares_nothing(stack: Stack) -> None:
    stack.configure(source="strict")
    stack.write("page.html", "<p>not committed</p>")
    output = stack.up_fails()
    assert "page.html" in output
    assert "Traceback" not in output
    assert "Host" not in stack.state()


def test_hooks_have_kamals_environment_in_order_and_only_their_secrets(stack: Stack, on_host: OnHost) -> None:
    log = stack.folder / "hooks.log"
    script = f'#!/bin/sh\n{{ echo "== $(basename "$0")"; env | grep -E "^(KAMAL_|TOKEN|OTHER)" | sort; }} >>{log}\n'
    names = ["pre-connect", "pre-build", "pre-deploy", "pre-app-boot", "post-app-boot", "post-deploy"]
    for name in names:
        stack.hook(name, script)
    stack.hook("docker-setup", '#!/bin/sh\necho "$KAMAL_HOSTS" >/tmp/"$KAMAL_SERVICE"-setup\n')
    stack.configure(
        hooks={"run_on": dict.fromkeys(names, "deployer"), "secrets": {"post-deploy": ["TOKEN"]}},
        secrets={"TOKEN": "t0ps3cret", "OTHER": "n0tyours"},
    )
    stack.up()
    runs = log.read_text().split("== ")[1:]
    assert [run.split("\n")[0] for run in runs] == names
    for run in runs:
        variables = dict(line.split("=", 1) for line in run.strip().split("\n")[1:])
        assert variables["KAMAL_VERSION"] == stack.git("rev-parse", "HEAD")
        assert variables["KAMAL_SERVICE"] == stack.service
        assert variables["KAMAL_SERVICE_VERSION"] == f"{stack.service}@{variables['KAMAL_VERSION'][:7]}"
        assert variables["KAMAL_DESTINATION"] == "test"
        assert variables["KAMAL_HOSTS"] == ",".join(host.address for host in stack.hosts)
        assert variables["KAMAL_COMMAND"] == "deploy"
        assert variables["KAMAL_LOCK"] == "true"
        assert variables["KAMAL_PERFORMER"]
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", variables["KAMAL_RECORDED_AT"])
        assert "OTHER" not in variables
        last = run.startswith("post-deploy")
        assert variables.get("TOKEN") == ("t0ps3cret" if last else None)
        assert ("KAMAL_RUNTIME" in variables) == last
    assert on_host(stack.hosts[0], f"cat /tmp/{stack.service}-setup").strip() == ",".join(
        host.address for host in stack.hosts
    )
    stack.up("--expect-no-changes")
    assert len(log.read_text().split("== ")) == len(runs) + 1
    # A second deploy runs all of them again, but for docker-setup.
    on_host(stack.hosts[0], f"rm /tmp/{stack.service}-setup")
    stack.write("page.html", "<p>second</p>")
    stack.commit()
    stack.up()
    assert len(log.read_text().split("== ")) == 2 * len(runs) + 1
    assert on_host(stack.hosts[0], f"ls /tmp/{stack.service}-setup 2>/dev/null || echo none").strip() == "none"
