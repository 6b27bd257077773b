"""Two stacks on the same hosts: neither takes what is the other's, and both are told before anything runs."""

import re
from collections.abc import Callable

import pytest

from tests.e2e.footprint import OnHost
from tests.e2e.site import Site
from tests.e2e.stack import Stack


@pytest.mark.one_host
def test_an_app_and_a_route_are_taken_over_only_where_the_settings_say_so(
    new_stack: Callable[..., Stack], on_host: OnHost
) -> None:
    ours, theirs = new_stack(), new_stack()
    theirs.rename("other")
    ours.with_worker(readiness_delay="0")
    ours.up()
    host = ours.hosts[-1]
    workers = f"docker ps --quiet --filter label=service={ours.service} --filter label=role=worker"
    assert on_host(host, workers)
    site, version = Site(ours), ours.outputs()["version"]

    # The same route.
    theirs.configure(proxy={"app_port": 8080, "host": ours.name}, destination="test")
    refused = theirs.preview_fails()
    assert re.search(rf"requests for {ours.name} are routed to {ours.service}-web-test.*deploy/test", refused)
    assert "pulumi config set deploy:take_over true" in refused

    # The same app.
    theirs.configure(service=ours.service, image=f"tests/{ours.service}", proxy={"app_port": 8080, "host": theirs.name})
    assert re.search(rf"{ours.service}-test .*belongs to .*deploy/test", theirs.preview_fails())
    assert site.versions() == [version] * len(ours.hosts)

    theirs.configure(take_over=True, proxy={"app_port": 8080, "host": ours.name})
    theirs.commit("Theirs")
    theirs.up()
    assert site.versions() == [theirs.outputs()["version"]] * len(ours.hosts)
    # Theirs has no worker.
    assert not on_host(host, workers)
    theirs.up("--expect-no-changes")
    assert re.search(rf"{ours.service}-test .*belongs to .*deploy/other", ours.preview_fails())
    # Their old owner takes nothing down.
    ours.destroy()
    assert site.versions() == [theirs.outputs()["version"]] * len(ours.hosts)


@pytest.mark.one_host
def test_a_tag_that_another_stack_has_built_otherwise_is_not_overwritten(new_stack: Callable[..., Stack]) -> None:
    ours, theirs = new_stack(), new_stack()
    ours.up()
    # The same commit of the same repository.
    theirs.git("fetch", "--quiet", str(ours.app), "main")
    theirs.git("reset", "--quiet", "--hard", "FETCH_HEAD")
    args = {"BASE": ours.inventory.base_image, "FLAVOUR": "theirs"}
    theirs.configure(image=f"tests/{ours.service}", builder={"context": "../app", "args": args})
    error = theirs.preview_fails()
    assert "is in the registry already, built with other settings of builder" in error
    assert "Traceback" not in error
