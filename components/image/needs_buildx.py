"""Which of two ways an image is built: by the Docker engine of the deployer, or by `docker buildx build`."""

from ..settings.builder import BuilderSettings


def needs_buildx(builder: BuilderSettings) -> list[str]:
    """Return the settings that need buildx, as paths; none where the Docker engine builds the image by itself.

    Only the settings decide, and nothing of the machine: a deploy by another person goes the same way.
    """
    needs = {
        "arch": len(builder.platforms) > 1,
        "remote": builder.remote is not None,
        "driver": builder.driver in ("docker-container", "remote"),
        "ssh": builder.ssh is not None,
        "cache.type": builder.cache.type is not None,
        "provenance": builder.provenance not in (None, "false"),
        "sbom": builder.sbom not in (None, "false"),
    }
    return [f"builder.{key}" for key, needed in needs.items() if needed]
