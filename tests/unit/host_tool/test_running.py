"""What runs is compared with what Docker says, not with the words that the step was given."""

from dataclasses import replace
from typing import Any

import pytest

from components.host_tool.docker.container_details import ContainerDetails
from components.host_tool.docker.images import Image
from components.host_tool.errors import StepError
from components.host_tool.release.running import verify, verify_route
from components.host_tool.result import RouteFacts

DIGEST = f"sha256:{'a' * 64}"
OTHER = f"sha256:{'b' * 64}"
REFERENCE = f"registry.test/shop:v1@{DIGEST}"
IMAGE = Image("sha256:image", "shop", "v1", "", (f"registry.test/shop@{DIGEST}",))
CONTAINER = ContainerDetails(
    id="0123456789ab" + "c" * 52,
    name="shop-web-v1",
    is_running=True,
    since="2026-01-31T12:00:00Z",
    release="release",
    version="v1",
    kamal_version="v1",
    image_id=IMAGE.id,
)


def route_to(target: str) -> RouteFacts:
    return RouteFacts((), ("/",), (target,))


def test_a_container_that_is_what_its_release_says_passes() -> None:
    verify(CONTAINER, IMAGE, REFERENCE, release="release", version="v1")


def test_an_image_that_several_registries_know_passes() -> None:
    image = replace(IMAGE, digests=(f"mirror.test/shop@{OTHER}", f"registry.test/shop@{DIGEST}"))
    verify(CONTAINER, image, REFERENCE, release="release", version="v1")


@pytest.mark.parametrize(
    ("container", "image", "sentence"),
    [
        pytest.param({"is_running": False}, {}, "does not run any more", id="it has ended"),
        pytest.param({"release": "other"}, {}, 'release label .* is "other", expected "release"', id="release"),
        pytest.param({"version": "v2"}, {}, 'version label .* is "v2", expected "v1"', id="version"),
        pytest.param({"kamal_version": ""}, {}, 'KAMAL_VERSION .* is "", expected "v1"', id="KAMAL_VERSION"),
        pytest.param({"image_id": "sha256:x"}, {}, f'image digest .* is "", expected "{DIGEST}"', id="another image"),
        pytest.param({}, {"digests": ()}, f'image digest .* is "", expected "{DIGEST}"', id="an image without digest"),
        pytest.param({}, {"digests": (f"r/shop@{OTHER}",)}, f'image digest .* is "{OTHER}"', id="another digest"),
    ],
)
def test_a_container_that_is_another_one_is_told_by_what_docker_says(
    container: dict[str, Any], image: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(StepError, match=sentence):
        verify(replace(CONTAINER, **container), replace(IMAGE, **image), REFERENCE, release="release", version="v1")


def test_a_route_to_the_container_passes() -> None:
    verify_route(CONTAINER, "shop-web", 80, {"shop-web": route_to("0123456789ab:80"), "other": route_to("x:80")})


@pytest.mark.parametrize(
    "routes",
    [{}, {"other": "0123456789ab:80"}, {"shop-web": "0123456789ab:81"}, {"shop-web": "ba9876543210:80"}],
)
def test_a_route_to_something_else_is_told(routes: dict[str, str]) -> None:
    with pytest.raises(StepError, match=r'target of kamal-proxy .* expected "0123456789ab:80"'):
        verify_route(CONTAINER, "shop-web", 80, {name: route_to(target) for name, target in routes.items()})
