"""`builder`: how the image is built."""

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from .cache import CacheSettings
from .model import SettingsModel
from .names import EnvName, OwnEnvName
from .values import Bool, Str, format_value

REMOTE = re.compile(
    r"ssh://(?:[A-Za-z0-9_][A-Za-z0-9._-]*@)?(?:[A-Za-z0-9][A-Za-z0-9.-]*|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?"
)

ATTESTATION = re.compile(r"[A-Za-z0-9._:/@=,+-]+")

Driver = Literal["docker", "docker-container", "remote"]


def _check_platform(value: str) -> str:
    if not re.fullmatch(r"[a-z0-9]+/[a-z0-9_]+(/[a-z0-9]+)?", value):
        raise ValueError(f"must look like linux/amd64, not {format_value(value)}")
    return value


def _check_arch(value: str) -> str:
    if not re.fullmatch(r"[a-z0-9_]+(/v[0-9]+)?", value):
        raise ValueError(f"must look like amd64, arm64 or arm/v7, not {format_value(value)}")
    return value


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _check_remote(value: str) -> str:
    if not REMOTE.fullmatch(value):
        raise ValueError(
            f"must look like ssh://user@host or ssh://user@host:22, not {format_value(value)}. To build with an engine at "
            "another address, set the environment variable DOCKER_HOST"
        )
    return value


def _check_driver(value: Any) -> Any:
    if isinstance(value, str) and value.split()[:1] == ["cloud"]:
        raise ValueError(
            "cloud is not supported: its builders belong to the login of one person. Use docker-container, and a builder "
            "of your own in builder.remote"
        )
    return value


def _check_ssh(value: str) -> str:
    """Return the ids of SSH agents without the variable that Kamal's example names, as that is where an agent is found."""
    name, given, place = value.partition("=")
    if given and place not in ("$SSH_AUTH_SOCK", "${SSH_AUTH_SOCK}"):
        raise ValueError(
            f"{format_value(value)} names a file, which differs between two people. Add the key to the SSH agent (ssh-add "
            f"FILE), and write {name or 'default'}"
        )
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name):
        raise ValueError(f"must be default or another id of an SSH agent, not {format_value(value)}")
    return name


def _check_attestation(value: str) -> str:
    if not ATTESTATION.fullmatch(value):
        raise ValueError(f"must be true, false or a value such as mode=max, not {format_value(value)}")
    return value


Arch = Annotated[str, AfterValidator(_check_arch)]
Archs = Annotated[tuple[Arch, ...], BeforeValidator(_as_list, json_schema_input_type=str | tuple[Arch, ...])]
Attestation = Annotated[Str, AfterValidator(_check_attestation)]


class BuilderSettings(SettingsModel):
    """The build of the image."""

    context: str = Field(
        default=".",
        description="Build context: a folder in a Git repository. Relative to the Pulumi project's folder.",
    )
    dockerfile: str = Field(default="Dockerfile", description="Path of the Dockerfile, relative to the build context.")
    target: str | None = Field(default=None, description="Build stage to stop at. Default: the last one.")
    args: dict[OwnEnvName, Str] = Field(default={}, description="Build arguments. `KAMAL_VERSION` is always set.")
    secrets: tuple[EnvName, ...] = Field(
        default=(),
        description="Names of secrets that the build may mount: `RUN --mount=type=secret,id=NAME`. They are not part of the "
        "image.",
    )
    ssh: Annotated[str, AfterValidator(_check_ssh)] | None = Field(
        default=None,
        description="`default` lets the build use your SSH agent: `RUN --mount=type=ssh`. Needs buildx.",
    )
    arch: Archs = Field(
        default=(),
        description="Architecture to build for, such as `amd64`, or a list of them. Several need buildx. Default: the Docker "
        "engine's own.",
    )
    platform: Annotated[str, AfterValidator(_check_platform)] | None = Field(
        default=None, description="Platform to build for, such as `linux/amd64`, in place of `arch`."
    )
    remote: Annotated[str, AfterValidator(_check_remote)] | None = Field(
        default=None,
        description="Builder for the architectures that this machine does not have: `ssh://user@host`. Needs buildx.",
    )
    local: Bool = Field(
        default=True, description="Build on this machine what it has the architecture for. `false`: only on `remote`."
    )
    driver: Annotated[Driver, BeforeValidator(_check_driver)] | None = Field(
        default=None,
        description="What builds: `docker`, the Docker engine itself; `docker-container`, BuildKit in a container of it; "
        "`remote`, a BuildKit daemon on the host in `remote`. Default: `docker` where that is enough, else "
        "`docker-container`.",
    )
    cache: CacheSettings = Field(default=CacheSettings(), description="Build caches.")
    provenance: Attestation | None = Field(
        default=None,
        description="Provenance to push with the image: `true` or `mode=max`. Needs buildx. Default: none.",
    )
    sbom: Attestation | None = Field(
        default=None,
        description="Whether to push a list of the image's software with it, or the generator of it. Needs buildx. Default: "
        "none.",
    )
    no_cache: Bool = Field(default=False, description="Build without using the cache.")
    source_url: str | None = Field(
        default=None, description="URL of the source code, for the image label `org.opencontainers.image.source`."
    )

    @property
    def platforms(self) -> tuple[str, ...]:
        """The platforms to build for, sorted; none for the one that the builder has."""
        if self.platform:
            return (self.platform,)
        return tuple(f"linux/{arch}" for arch in sorted(set(self.arch)))
