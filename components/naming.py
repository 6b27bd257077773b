"""Names, as Kamal forms them, so that its habits and tools go on working."""


def app_name(service: str, destination: str | None) -> str:
    """`service-destination`, or `service` where there is no destination: the app's folder on a host."""
    return f"{service}-{destination}" if destination else service


def abbreviated_version(version: str) -> str:
    """The first 7 characters; a version with `_` stays whole, as what follows tells it apart."""
    return version if "_" in version else version[:7]


def service_version(service: str, version: str) -> str:
    """`service@version`, abbreviated: KAMAL_SERVICE_VERSION."""
    return f"{service}@{abbreviated_version(version)}"


def image_labels(service: str, version: str, commit: str, created: str, source_url: str | None) -> dict[str, str]:
    """The labels of a built image: the OCI image spec's annotations, and Kamal's `service`.

    :param created: ISO 8601, the commit's date: the time of the build would make each build another image.
    """
    labels = {
        "org.opencontainers.image.created": created,
        "org.opencontainers.image.revision": commit,
        "org.opencontainers.image.version": version,
        "service": service,
    }
    return labels | ({"org.opencontainers.image.source": source_url} if source_url else {})
