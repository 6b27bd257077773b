"""The words of the buildx commands. Imports only the modules of the spec and of the builder, which are sent with it."""

from pathlib import Path
from urllib.parse import urlsplit

from .builder import Builder, Node
from .spec import BuildSpec

BUILDX = ("docker", "buildx")


def build_words(spec: BuildSpec, builder: str, metadata: str) -> list[str]:
    """Return the command that builds and pushes an image.

    Args:
        spec: The build.
        builder: The name of the builder.
        metadata: The file that buildx writes the digest to.
    """
    secrets = Path(spec.private) / "secrets"
    options = [
        ("--builder", [builder]),
        ("--platform", [",".join(spec.platforms)] if spec.platforms else []),
        ("--tag", [spec.image]),
        ("--file", [str(Path(spec.context) / spec.dockerfile)]),
        ("--target", [spec.target] if spec.target else []),
        ("--build-arg", [f"{name}={value}" for name, value in spec.args.items()]),
        ("--label", [f"{name}={value}" for name, value in spec.labels.items()]),
        ("--secret", [f"id={name},src={secrets / name}" for name in spec.secrets]),
        ("--ssh", [spec.ssh] if spec.ssh else []),
        ("--cache-from", spec.cache_from),
        ("--cache-to", spec.cache_to),
        # By default buildx would push a list with a provenance beside the image, and that with the docker driver not.
        ("--provenance", [spec.provenance or "false"]),
        ("--sbom", [spec.sbom] if spec.sbom else []),
        ("--metadata-file", [metadata]),
    ]
    words = [f"{option}={value}" for option, values in options for value in values]
    no_cache = ["--no-cache"] if spec.no_cache else []
    return [*BUILDX, "build", "--push", "--progress=plain", *no_cache, *words, spec.context]


def create_words(builder: Builder, node: Node) -> list[str]:
    """Return the command that adds a node to a builder, which is made with its first one."""
    append = [] if node == builder.nodes[0] else ["--append"]
    platforms = [f"--platform={','.join(node.platforms)}"] if node.platforms else []
    return [
        *BUILDX,
        "create",
        f"--name={builder.name}",
        f"--driver={builder.driver}",
        *append,
        *platforms,
        node.endpoint,
    ]


def buildkit_words(address: str) -> list[str]:
    """Return the command that asks a BuildKit daemon over SSH whether it is there, as buildx reaches it."""
    url = urlsplit(address)
    user = ["-l", url.username] if url.username else []
    port = ["-p", str(url.port)] if url.port else []
    options = ["-o", "BatchMode=yes", "-o", "ConnectTimeout=20"]
    return ["ssh", *options, *user, *port, "--", str(url.hostname), "buildctl", "debug", "workers"]
