"""Back to an older version, and forth again."""

from tests.e2e.site import Site
from tests.e2e.stack import Stack


def test_a_rollback_builds_nothing_and_starts_the_kept_containers_again(stack: Stack, site: Site) -> None:
    stack.up()
    first = stack.outputs()
    stack.write("page.html", "<p>second</p>")
    second = stack.commit()
    stack.up()
    stack.configure(version=first["version"])
    output = stack.up()
    assert "building" not in output
    assert "naming to" not in output
    assert site.versions() == [first["version"]] * len(stack.hosts)
    after = stack.outputs()
    assert after["previous_version"] == second
    for host in stack.hosts:
        kept = first["hosts"][host.address]["web"]["container_id"]
        assert after["hosts"][host.address]["web"]["container_id"] == kept
    stack.up("--expect-no-changes")
    stack.configure(version=None)
    stack.up()
    assert site.versions() == [second] * len(stack.hosts)


def test_a_version_that_the_registry_does_not_have_is_an_error(stack: Stack) -> None:
    stack.configure(version="v-nowhere")
    output = stack.up_fails()
    assert "v-nowhere" in output
    assert "Traceback" not in output
