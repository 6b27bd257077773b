"""A stack with a dead host is destroyed, or deployed again, as docs/operations.md says."""

import pytest

from tests.e2e.footprint import OnHost, footprints
from tests.e2e.own_way import OwnWay
from tests.e2e.site import Site
from tests.e2e.stack import PulumiFailedError, Stack
from tests.e2e.test_dead_host import dead


def failed_destroy(stack: Stack) -> str:
    """Destroy as much as can be reached, and return what the error says."""
    with pytest.raises(PulumiFailedError) as caught:
        stack.pulumi("destroy", "--yes", "--skip-preview", "--continue-on-error")
    return str(caught.value)


def test_a_skipped_host_is_not_contacted_by_a_destroy(stack: Stack, way: OwnWay, on_host: OnHost) -> None:
    stack.up()
    with way.cut_off():
        # It takes an update for the state to have it.
        stack.configure(skip_hosts=[way.host.address])
        stack.up()
        stack.destroy()
        assert footprints(stack, on_host)[0] == ""
        # The stack has nothing of it any more, and may go on without it.
        stack.up()
        assert list(stack.outputs()["hosts"]) == [stack.hosts[0].address]
    assert footprints(stack, on_host)[1]
    # For the fixture: with the host back, the stack takes it over again, as the owner that its name says.
    stack.configure(skip_hosts=None)
    stack.up()
    assert Site(stack).versions() == [stack.outputs()["version"]] * 2


def test_after_a_failed_destroy_the_others_are_deployed_to_again_without_the_dead_host(
    stack: Stack, way: OwnWay, on_host: OnHost
) -> None:
    stack.up()
    with way.cut_off():
        assert way.host.address in failed_destroy(stack)
        stack.configure(skip_hosts=[way.host.address])
        stack.up()
        assert Site(stack).version(stack.hosts[0])["version"] == stack.outputs()["version"]
        stack.up("--expect-no-changes")
        stack.destroy()
    assert footprints(stack, on_host)[0] == ""
    stack.configure(skip_hosts=None)
    stack.up()


def test_after_a_failed_destroy_the_stack_is_forgotten_and_made_again(stack: Stack, way: OwnWay) -> None:
    stack.up()
    with way.cut_off():
        failed_destroy(stack)
    stack.pulumi("stack", "rm", "--yes", "--force", "--preserve-config")
    stack.pulumi("stack", "init", "test")
    # The same stack by its name: what the dead host still has is its own.
    stack.up()
    assert Site(stack).versions() == [stack.outputs()["version"]] * 2


def test_a_first_deploy_to_a_host_that_never_answered_is_destroyed_without_it(stack: Stack, on_host: OnHost) -> None:
    second = stack.hosts[1]
    stack.configure(ssh=dead(stack, second), inspect=False)
    assert second.address in stack.up_fails()
    stack.destroy()
    assert footprints(stack, on_host) == ["", ""]
