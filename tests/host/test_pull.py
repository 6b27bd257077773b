"""pull: the image is on the host, and is what it is said to be."""

from collections.abc import Iterator

import pytest

from tests.host.docker_host import SERVICE, App, Host


@pytest.fixture
def without_images(app: App, host: Host) -> Iterator[App]:
    """The app on a host that has none of its images."""
    held = host.docker("image", "ls", "--quiet", "--filter", f"label=service={SERVICE}").split()
    if held:
        host.docker("image", "rm", "--force", *held)
    yield app


def test_an_image_is_pulled_by_its_digest_and_the_login_is_gone_afterwards(without_images: App, host: Host) -> None:
    result = without_images.pull("v1")
    assert result.status == 0, result.err
    assert "pulling" in result.err
    assert host.docker("image", "inspect", "--format", "{{.Id}}", host.images["v1"]).startswith("sha256:")
    assert host.run("sh", "-c", "find . -name config.json").out == ""


def test_an_image_that_is_here_is_not_pulled_again(app: App) -> None:
    app.pull("v1")
    result = app.call("pull", SERVICE, "v1", app.host.images["v1"], spec={})
    assert (result.status, "is here already" in result.err) == (0, True)


def test_a_refused_login_says_so_without_the_password(without_images: App, host: Host) -> None:
    wrong = {**host.login, "registry.password": "not-the-password"}
    result = without_images.call("pull", SERVICE, "v1", host.images["v1"], spec=wrong)
    assert "refused the login" in result.failure
    assert "not-the-password" not in result.err


def test_a_version_that_the_registry_does_not_have_says_so(without_images: App, host: Host) -> None:
    missing = host.images["v1"].partition("@")[0] + "@sha256:" + "0" * 64
    result = without_images.call("pull", SERVICE, "v1", missing, spec=host.login)
    assert "does not have it" in result.failure


def test_a_registry_that_cannot_be_reached_is_named(without_images: App, host: Host) -> None:
    nowhere = "127.0.0.1:1/shop:v1@" + host.images["v1"].partition("@")[2]
    result = without_images.call("pull", SERVICE, "v1", nowhere, spec={})
    assert "reaches the registry 127.0.0.1:1" in result.failure


def test_an_image_that_lies_about_its_version_is_refused(app: App, host: Host) -> None:
    result = app.call("pull", SERVICE, "v9", host.images["v9"], spec=host.login)
    assert 'version "v8"' in result.failure
    assert 'expected service "shop", version "v9"' in result.err


@pytest.mark.parametrize("image", ["shop:v1", "-v@sha256:00", "a:b@sha256:$(id)", ""])
def test_an_image_without_a_digest_is_refused(app: App, image: str) -> None:
    assert "image" in app.call("pull", SERVICE, "v1", image, spec={}).failure
