"""Names in the form that Kamal gives them."""

from components.naming import app_name, oci_labels, service_version


def test_a_version_is_abbreviated_unless_it_has_a_suffix() -> None:
    assert service_version("shop", "4c3280a46bca727bc9e7d23f4d91b681d0a747f7") == "shop@4c3280a"
    assert service_version("shop", "4c3280a46bca_uncommitted_0123") == "shop@4c3280a46bca_uncommitted_0123"


def test_an_app_is_named_after_service_and_destination() -> None:
    assert app_name("shop", "prod") == "shop-prod"
    assert app_name("shop", "") == "shop"


def test_an_image_is_labelled_with_its_origin() -> None:
    labels = oci_labels("shop", "v1", "4c32", "2026-01-01T00:00:00Z", None)
    assert labels == {
        "org.opencontainers.image.created": "2026-01-01T00:00:00Z",
        "org.opencontainers.image.revision": "4c32",
        "org.opencontainers.image.version": "v1",
        "service": "shop",
    }
    labels = oci_labels("shop", "v1", "4c32", "2026-01-01T00:00:00Z", "https://example.com/shop")
    assert labels["org.opencontainers.image.source"] == "https://example.com/shop"
