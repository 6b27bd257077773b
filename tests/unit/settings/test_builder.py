"""What follows from the settings of the builder."""

from pathlib import Path
from typing import Any

import pytest

from tests.unit.settings.loading import load


@pytest.mark.parametrize(
    ("builder", "platforms"),
    [
        ({}, ()),
        ({"arch": "amd64"}, ("linux/amd64",)),
        ({"arch": ["arm64", "amd64", "arm64"]}, ("linux/amd64", "linux/arm64")),
        ({"arch": ["arm/v7"]}, ("linux/arm/v7",)),
        ({"platform": "linux/s390x"}, ("linux/s390x",)),
    ],
)
def test_architectures_are_platforms(tmp_path: Path, builder: dict[str, Any], platforms: tuple[str, ...]) -> None:
    assert load(tmp_path, builder=builder).builder.platforms == platforms


@pytest.mark.parametrize(
    ("cache", "reads", "writes"),
    [
        ({}, (), ()),
        ({"from": ["type=local,src=a"], "to": ["type=inline"]}, ("type=local,src=a",), ("type=inline",)),
        (
            {"type": "registry"},
            ("type=registry,ref=ghcr.io/acme/shop-build-cache",),
            ("type=registry,ref=ghcr.io/acme/shop-build-cache",),
        ),
        (
            {"type": "registry", "image": "acme/cache", "options": "mode=max"},
            ("type=registry,ref=ghcr.io/acme/cache",),
            ("type=registry,ref=ghcr.io/acme/cache,mode=max",),
        ),
        ({"type": "gha", "options": "mode=max,scope=web"}, ("type=gha,scope=web",), ("type=gha,mode=max,scope=web",)),
        ({"type": "gha", "from": ["type=inline"]}, ("type=inline", "type=gha"), ("type=gha",)),
    ],
)
def test_a_cache_is_read_and_written(
    tmp_path: Path, cache: dict[str, Any], reads: tuple[str, ...], writes: tuple[str, ...]
) -> None:
    found = load(tmp_path, builder={"cache": cache}).builder.cache
    assert found.reads("ghcr.io", "acme/shop") == reads
    assert found.writes("ghcr.io", "acme/shop") == writes


@pytest.mark.parametrize("given", ["default", "default=$SSH_AUTH_SOCK", "default=${SSH_AUTH_SOCK}"])
def test_kamals_example_of_ssh_is_the_agent(tmp_path: Path, given: str) -> None:
    assert load(tmp_path, builder={"ssh": given}).builder.ssh == "default"


@pytest.mark.parametrize(("given", "value"), [(True, "true"), ("mode=max", "mode=max"), (False, "false")])
def test_attestations_are_passed_on(tmp_path: Path, given: Any, value: str) -> None:
    builder = load(tmp_path, builder={"provenance": given, "sbom": given}).builder
    assert (builder.provenance, builder.sbom) == (value, value)
