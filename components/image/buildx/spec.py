"""What the program that builds with buildx is told. It holds no secret: those are in files."""

import json
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Optional


@dataclass(frozen=True)
class BuildSpec:
    """A build.

    Attributes:
        image: repository:version, which is pushed.
        context: The build context.
        dockerfile: The Dockerfile, relative to the context.
        log: The file that the output goes to.
        private: The folder with the secrets and the login, which goes when the build ends.
        labels: The image's labels, the hash of the build's settings among them.
        platforms: The platforms to build for; none for that of the builder.
        target: The stage to stop at.
        args: The build arguments.
        secrets: The names of the secrets, each a file in `private`.
        ssh: The id of the SSH agent.
        cache_from: Where the cache is read.
        cache_to: Where the cache is written.
        no_cache: Whether to build without the cache.
        provenance: The value of --provenance.
        sbom: The value of --sbom.
        driver: What builds: docker, docker-container or remote.
        remote: ssh:// of the builder on another machine.
        local: Whether this machine builds what it has the architecture for.
    """

    image: str
    context: str
    dockerfile: str
    log: str
    private: str
    labels: dict[str, str]
    driver: str
    platforms: list[str] = field(default_factory=list)
    target: Optional[str] = None
    args: dict[str, str] = field(default_factory=dict)
    secrets: list[str] = field(default_factory=list)
    ssh: Optional[str] = None
    cache_from: list[str] = field(default_factory=list)
    cache_to: list[str] = field(default_factory=list)
    no_cache: bool = False
    provenance: Optional[str] = None
    sbom: Optional[str] = None
    remote: Optional[str] = None
    local: bool = True

    def to_json(self) -> str:
        """Return the text that `from_json` reads. What is not set is left out."""
        given = {key: value for key, value in asdict(self).items() if value not in (None, [], {})}
        return json.dumps(given, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> "BuildSpec":
        """Return the spec in a text."""
        given: dict[str, Any] = json.loads(text)
        return cls(**{key: given[key] for key in (each.name for each in fields(cls)) if key in given})
