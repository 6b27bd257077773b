"""The names of a role's containers, routes and images."""

import re

import pytest

from components.host_tool.errors import StepError
from components.host_tool.identity import (
    RoleIdentity,
    check_name,
    container_name,
    digest_of,
    release_id,
    role_identity,
)

from .fake_host import CONTAINER, image_of


@pytest.mark.parametrize(
    ("role", "prefix"),
    [
        (RoleIdentity("shop", "web", ""), "shop-web"),
        (RoleIdentity("shop", "web", "production"), "shop-web-production"),
    ],
)
def test_a_role_has_kamals_names(role: RoleIdentity, prefix: str) -> None:
    assert role.prefix == prefix


def test_a_container_is_named_by_role_version_and_release() -> None:
    assert role_identity(CONTAINER) == RoleIdentity("shop", "web", "")
    assert container_name(CONTAINER, "0123456789abcdef") == "shop-web-v1-01234567"


def test_a_release_is_named_by_16_hex_digits() -> None:
    assert re.fullmatch("[0-9a-f]{16}", release_id(CONTAINER, image_of("v1"), "-"))


@pytest.mark.parametrize(("image", "digest"), [("shop:v1@sha256:abc", "sha256:abc"), ("shop:v1", ""), ("", "")])
def test_the_digest_of_an_image(image: str, digest: str) -> None:
    assert digest_of(image) == digest


@pytest.mark.parametrize("name", ["web", "web-2", "v1.0.0", "_", "0", "A_b-c.d"])
def test_a_name_that_can_be_part_of_a_path_is_taken(name: str) -> None:
    assert check_name("role", name) == name


@pytest.mark.parametrize("name", ["", ".", "..", "../other", "a/b", "-rf", "a b", "a\n", "$(id)", "ä"])
def test_a_name_that_could_lead_elsewhere_is_refused(name: str) -> None:
    with pytest.raises(StepError, match="is not a valid name"):
        check_name("role", name)
