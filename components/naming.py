"""Names in the form that Kamal gives them, so that its conventions and tools keep working."""

import hashlib
import json

NETWORK = "kamal"
"""The bridge network that apps and kamal-proxy share, by Kamal's name."""


BUILD_LABEL = "pulumi-kamal.build"
"""The label of an image with a hash of the settings that it was built with: a tag can be pushed by several stacks."""


def content_hash(value: object) -> str:
    """Return the first 16 hex digits of the SHA-256 of a value that JSON can hold."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]


def app_name(service: str, destination: str) -> str:
    """Name an app on its hosts: `service-destination`, or `service` if the destination is empty."""
    return f"{service}-{destination}" if destination else service


def owner_command(owner: str) -> str:
    """Name the Command that makes the id of a deploy's owner, which is read back from the state by that name."""
    return f"{owner}-owner"


def service_version(service: str, version: str) -> str:
    """Name a version of a service, as in KAMAL_SERVICE_VERSION: `service@version`.

    The version is shortened to 7 characters, unless it has a suffix such as `_uncommitted_…` that identifies it.
    """
    return f"{service}@{version if '_' in version else version[:7]}"


def oci_labels(service: str, version: str, commit: str, created: str, source_url: str | None) -> dict[str, str]:
    """List the labels of a built image: the annotations of the OCI image specification, and Kamal's `service`.

    Args:
        service: The service's name.
        version: The version, which is also the image's tag.
        commit: The id of the commit.
        created: The commit's date in RFC 3339 format. The time of the build would make every build a different image.
        source_url: Where the source code is found, if that is known.
    """
    labels = {
        "org.opencontainers.image.created": created,
        "org.opencontainers.image.revision": commit,
        "org.opencontainers.image.version": version,
        "service": service,
    }
    return labels | ({"org.opencontainers.image.source": source_url} if source_url else {})
