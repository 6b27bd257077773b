"""The image of a version: what helps against a failed pull, and what is shown of one."""

from subprocess import CompletedProcess
from typing import Any

import pytest

from components.host_tool.errors import StepError
from components.host_tool.identity import check_image
from components.host_tool.release.image import ensure_image, layers_pulled, remedy_for
from components.host_tool.release.retire import remove_unused_images

from .fake_docker import FakeImage
from .fake_host import FakeHost, image_of


@pytest.mark.parametrize(
    ("said", "remedy"),
    [
        ("unauthorized: authentication required", "refused the login: check registry.username"),
        ("Error response from daemon: pull access denied for shop", "refused the login"),
        ("denied: requested access to the resource is denied", "refused the login"),
        ("no basic auth credentials", "refused the login"),
        ("manifest for registry.test/shop:v1 not found: manifest unknown", "does not have it: push this version"),
        ("write /var/lib/docker/tmp/x: no space left on device", "The disk of vm is full"),
        ("x509: certificate signed by unknown authority", "does not trust the registry's certificate"),
        ("dial tcp: lookup registry.test: no such host", "Check that vm reaches the registry registry.test"),
        ("", "Check that vm reaches the registry registry.test"),
    ],
)
def test_a_failed_pull_is_told_with_what_helps(said: str, remedy: str) -> None:
    assert remedy in remedy_for(said, "registry.test", "vm")


def test_a_pull_shows_a_line_a_layer() -> None:
    lines = [
        "v1: Pulling from shop",
        "a1: Pulling fs layer",
        "b2: Pulling fs layer",
        "c3: Already exists",
        "b2: Verifying Checksum",
        "b2: Download complete",
        "a1: Pull complete",
        "b2: Pull complete",
        "Digest: sha256:0",
        "Status: Downloaded newer image",
    ]
    assert list(layers_pulled(lines)) == ["pulled layer 1 of 2", "pulled layer 2 of 2"]


@pytest.mark.parametrize(
    ("service", "version", "said"),
    [
        (
            "shop",
            "",
            "has no label org.opencontainers.image.version, as if Kamal had built it. Build that version with",
        ),
        ("shop", "v2", 'says that it is service "shop", version "v2"; expected service "shop", version "v1"'),
        ("", "", 'says that it is service "", version ""'),
    ],
    ids=["of Kamal's", "another version", "anybody's"],
)
def test_an_image_with_other_labels_is_refused(host: FakeHost, service: str, version: str, said: str) -> None:
    image = image_of("v1")
    host.docker.registry[image] = FakeImage(image, service, version)
    with pytest.raises(StepError) as refused:
        host.run("pull", lambda step: ensure_image(step, image, "shop", "v1", ""))
    assert said in str(refused.value)


def test_an_image_that_was_built_with_other_settings_is_refused(host: FakeHost) -> None:
    """Another stack has pushed its own build of the same tag."""
    image = image_of("v1")
    host.docker.registry[image] = FakeImage(image, "shop", "v1", build="theirs")
    with pytest.raises(StepError, match=r"v1@.* was built with other settings of builder: another stack has pushed"):
        host.run("pull", lambda step: ensure_image(step, image, "shop", "v1", "ours"))


@pytest.mark.parametrize("build", ["ours", ""], ids=["the same build", "a build that the deployer does not know"])
def test_an_image_of_the_same_build_is_taken(host: FakeHost, build: str) -> None:
    image = image_of("v1")
    host.docker.registry[image] = FakeImage(image, "shop", "v1", build="ours")
    host.run("pull", lambda step: ensure_image(step, image, "shop", "v1", build))
    assert image in host.docker.images


def test_an_image_that_another_step_has_removed_is_no_failure(host: FakeHost, monkeypatch: pytest.MonkeyPatch) -> None:
    image = image_of("v1")
    host.docker.images[image] = FakeImage(image, "shop", "v1")
    host.folder.save_image(image)
    run = host.docker.run

    def removed_by_both(*words: str, **options: Any) -> "CompletedProcess[str]":
        if words[:2] == ("image", "rm"):
            for file in (host.folder.path / "images").iterdir():
                file.unlink()
        return run(*words, **options)

    monkeypatch.setattr(host.docker, "run", removed_by_both)
    host.run("remove", remove_unused_images)
    assert image not in host.docker.images


def test_a_pull_that_fails_says_what_docker_said(host: FakeHost) -> None:
    with pytest.raises(StepError, match=r"v1@.* could not be pulled\. The registry .* does not have it") as caught:
        host.pull("v1")
    assert caught.value.output == "Docker says: manifest unknown"


@pytest.mark.parametrize(
    "image",
    [
        "shop",
        "registry.test/shop:v1",
        f"shop@sha256:{'a' * 64}",
        f"shop:v1@sha256:{'a' * 63}",
        f"shop:v1@sha256:{'A' * 64}",
        f"shop:v1@sha256:{'a' * 64}\n",
        f"shop:v1 --privileged@sha256:{'a' * 64}",
        f"--privileged:v1@sha256:{'a' * 64}",
        "",
    ],
)
def test_an_image_without_a_digest_is_refused(image: str) -> None:
    with pytest.raises(StepError, match="is not of the form repository:version@sha256"):
        check_image(image)


def test_an_image_with_a_digest_is_taken() -> None:
    image = f"registry.test:5000/team/shop:v1.0_x-y@sha256:{'a' * 64}"
    assert check_image(image) == image
