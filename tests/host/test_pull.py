"""pull: the image is on the host, and is what it is said to be. A candidate pulls in the same way."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from components.host_tool.result import StartedCandidate
from tests.host.docker_host import SERVICE, App, Host


@pytest.fixture
def without_images(app: App, host: Host) -> Iterator[App]:
    """The app on a host that has none of its images."""
    held = host.docker("image", "ls", "--quiet", "--filter", f"label=service={SERVICE}").split()
    if held:
        host.docker("image", "rm", "--force", *held)
    yield app


def has_image(host: Host, version: str) -> bool:
    """Whether an image is on the host."""
    return host.docker("image", "inspect", "--format", "{{.Id}}", host.images[version], check=False) != ""


def missing_image(host: Host) -> str:
    """The reference of an image that the registry does not have."""
    return host.images["v1"].partition("@")[0] + "@sha256:" + "0" * 64


def test_an_image_is_pulled_by_its_digest_with_the_login_of_the_secrets_step(without_images: App, host: Host) -> None:
    without_images.log_in()
    result = without_images.call("pull", SERVICE, "v1", host.images["v1"])
    assert (result.status, result.out) == (0, ""), result.err
    assert "pulling" in result.err
    assert has_image(host, "v1")


def test_an_image_that_is_here_is_not_pulled_again_and_needs_no_login(app: App, host: Host) -> None:
    app.pull("v1")
    host.run("rm", "-r", f"{app.home}/registry")
    result = app.call("pull", SERVICE, "v1", host.images["v1"])
    assert (result.status, result.err) == (0, "")


def test_a_candidate_pulls_its_image_by_itself(without_images: App, host: Host) -> None:
    without_images.log_in()
    result = without_images.candidate("v1")
    result.result(StartedCandidate)
    assert "pulling" in result.err
    assert has_image(host, "v1")


def test_a_candidate_without_a_login_is_refused_by_the_registry(without_images: App, host: Host) -> None:
    assert "refused the login" in without_images.candidate("v1").failure
    assert (without_images.containers(), has_image(host, "v1")) == ({}, False)


def test_a_refused_login_says_so_without_the_password(without_images: App, host: Host) -> None:
    without_images.log_in(replace(host.login, password="not-the-password"))
    result = without_images.call("pull", SERVICE, "v1", host.images["v1"])
    assert "refused the login" in result.failure
    assert "not-the-password" not in result.err


def test_a_version_that_the_registry_does_not_have_says_so(app: App, host: Host) -> None:
    app.log_in()
    assert "does not have it" in app.call("pull", SERVICE, "v1", missing_image(host)).failure


def test_a_registry_that_cannot_be_reached_is_named(app: App, host: Host) -> None:
    nowhere = "127.0.0.1:1/shop:v1@" + host.images["v1"].partition("@")[2]
    assert "reaches the registry 127.0.0.1:1" in app.call("pull", SERVICE, "v1", nowhere).failure


def test_an_image_that_lies_about_its_version_is_refused(app: App, host: Host) -> None:
    app.log_in()
    result = app.call("pull", SERVICE, "v9", host.images["v9"])
    assert 'version "v8"' in result.failure
    assert 'expected service "shop", version "v9"' in result.err
    assert 'version "v8"' in app.candidate("v9").failure


@pytest.mark.parametrize("image", ["shop:v1", "-v@sha256:00", "a:b@sha256:$(id)", ""])
def test_an_image_without_a_digest_is_refused(app: App, image: str) -> None:
    assert f'the image "{image}" is not of the form' in app.call("pull", SERVICE, "v1", image).failure
