"""Which of the two ways an image is built in."""

from typing import Any

import pytest

from components.image.needs_buildx import needs_buildx
from components.settings import BuilderSettings


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, []),
        ({"arch": "arm64"}, []),
        ({"platform": "linux/arm64"}, []),
        ({"driver": "docker", "target": "app", "args": {"A": "1"}, "no_cache": True}, []),
        ({"secrets": ["TOKEN"]}, []),
        ({"cache": {"from": ["type=registry,ref=x"], "to": ["type=inline"]}}, []),
        ({"provenance": "false", "sbom": "false"}, []),
        ({"arch": ["amd64", "arm64"]}, ["builder.arch"]),
        ({"arch": ["amd64", "amd64"]}, []),
        ({"remote": "ssh://build"}, ["builder.remote"]),
        ({"remote": "ssh://build", "local": False, "driver": "docker"}, ["builder.remote"]),
        ({"remote": "ssh://build", "local": False, "driver": "remote"}, ["builder.remote", "builder.driver"]),
        ({"driver": "docker-container"}, ["builder.driver"]),
        ({"ssh": "default"}, ["builder.ssh"]),
        ({"cache": {"type": "gha"}}, ["builder.cache.type"]),
        ({"provenance": "mode=max", "sbom": "true"}, ["builder.provenance", "builder.sbom"]),
    ],
)
def test_only_what_the_engine_cannot_do_needs_buildx(settings: dict[str, Any], expected: list[str]) -> None:
    assert needs_buildx(BuilderSettings(**settings)) == expected
