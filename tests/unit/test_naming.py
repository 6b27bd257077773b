"""Names as Kamal forms them."""

from components.naming import abbreviated_version, app_name, image_labels, service_version


def test_a_version_is_abbreviated_unless_something_follows_its_commit() -> None:
    assert abbreviated_version("4c3280a46bca727bc9e7d23f4d91b681d0a747f7") == "4c3280a"
    assert abbreviated_version("4c3280a_uncommitted_0123") == "4c3280a_uncommitted_0123"
    assert service_version("shop", "4c3280a46bca") == "shop@4c3280a"


def test_an_app_is_named_after_service_and_destination() -> None:
    assert app_name("shop", "prod") == "shop-prod"
    assert app_name("shop", "") == "shop"


def test_an_image_says_what_it_is() -> None:
    labels = image_labels("shop", "v1", "4c32", "2026-01-01T00:00:00Z", None)
    assert labels == {
        "org.opencontainers.image.created": "2026-01-01T00:00:00Z",
        "org.opencontainers.image.revision": "4c32",
        "org.opencontainers.image.version": "v1",
        "service": "shop",
    }
    assert image_labels("shop", "v1", "4", "", "https://x.test/y")["org.opencontainers.image.source"]
