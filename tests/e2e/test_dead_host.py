"""A host that does not answer: what a preview, an update and a destroy say and do, and how the deploy goes on."""

from collections.abc import Callable

import pytest

from dev.sandbox.inventory import Host
from tests.e2e.footprint import OnHost, footprints
from tests.e2e.own_way import OwnWay
from tests.e2e.site import Site
from tests.e2e.stack import PulumiFailedError, Stack

# Of another port nothing answers, as of a host whose SSH server is down.
NOBODY = "2"


def dead(stack: Stack, host: Host) -> dict[str, dict[str, str]]:
    """The settings with which a host refuses connections."""
    return {**stack.ssh, "ports": {host.address: NOBODY}}


def test_a_preview_goes_on_and_an_update_names_every_dead_host_before_anything_is_built(
    stack: Stack, registry_tags: Callable[[str], list[str]]
) -> None:
    first, second = stack.hosts[:2]
    stack.up()
    stack.configure(ssh={**stack.ssh, "ports": {first.address: NOBODY, second.address: NOBODY}})
    version = stack.commit()
    preview = stack.preview()
    for host in (first, second):
        assert f"{host.address}: planned from the state alone" in preview
    error = stack.up_fails()
    for host in (first, second):
        assert host.address in error
    assert "Traceback" not in error
    assert version not in registry_tags(f"tests/{stack.service}")


def test_a_dead_host_is_left_out_forgotten_or_taken_back(stack: Stack, site: Site, on_host: OnHost) -> None:
    first, second = stack.hosts[:2]
    stack.up()
    old = site.version(second)["version"]
    stack.configure(ssh=dead(stack, second), skip_hosts=[second.address])
    new = stack.commit()
    stack.up()
    assert site.version(first)["version"] == new
    assert site.version(second)["version"] == old
    assert list(stack.outputs()["hosts"]) == [first.address]
    stack.up("--expect-no-changes")

    # It is back.
    stack.configure(ssh=stack.ssh, skip_hosts=None)
    stack.up()
    assert site.versions() == [new, new]

    # It never comes back: it leaves the settings after it has been skipped, and nobody contacts it.
    stack.configure(ssh=dead(stack, second), skip_hosts=[second.address])
    stack.up()
    stack.configure(servers=[first.address], skip_hosts=None)
    stack.up()
    assert second.address not in stack.state()
    assert footprints(stack, on_host)[1]


def test_destroy_takes_the_others_down_names_the_dead_host_and_can_be_run_again(
    stack: Stack, way: OwnWay, on_host: OnHost
) -> None:
    stack.up()
    second = way.host
    with way.cut_off():
        with pytest.raises(PulumiFailedError) as caught:
            stack.pulumi("destroy", "--yes", "--skip-preview", "--continue-on-error")
        assert second.address in str(caught.value)
        assert footprints(stack, on_host)[0] == "", str(caught.value)
    assert footprints(stack, on_host)[1]
    # Nothing is half done: an `up` brings all back, also what the destroy has got to.
    stack.up()
    assert Site(stack).versions() == [stack.outputs()["version"]] * len(stack.hosts)
    stack.destroy()
    assert footprints(stack, on_host) == [""] * len(stack.hosts)
