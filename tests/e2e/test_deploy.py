"""What a deploy does, seen from outside."""

from tests.e2e.site import Site
from tests.e2e.stack import Stack


def test_a_first_deploy_serves_the_commit_on_every_host(stack: Stack, site: Site) -> None:
    stack.up()
    commit = stack.git("rev-parse", "HEAD")
    assert site.versions() == [commit, commit]
    assert stack.outputs()["version"] == commit


def test_an_unchanged_up_changes_nothing(stack: Stack) -> None:
    stack.up()
    stack.up("--expect-no-changes")
