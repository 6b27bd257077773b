"""The Command of a build with buildx, as the program declares it."""

import json
from pathlib import Path
from typing import Any

import pulumi
import pytest

from components.image.buildx.program import program_text
from components.naming import BUILD_LABEL
from tests.unit.graph import DIGEST, Declared, Graph, declare, texts

BUILDER = {"context": "../app", "arch": ["amd64", "arm64"]}


@pytest.fixture(autouse=True)
def buildx(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("components.image.deployable.check_buildx", lambda _: None)


def build_of(graph: Graph) -> Declared:
    """The Command that builds."""
    (command,) = graph.named("shop-buildx")
    return command


def spec_of(graph: Graph) -> dict[str, Any]:
    """What it is told."""
    return dict(json.loads(build_of(graph).inputs["environment"]["BUILD"]))


def test_one_command_takes_the_place_of_the_docker_provider(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    graph = declare(tmp_path, monkeypatch, builder=BUILDER)
    assert not [each for each in graph.declared if each.kind.startswith(("docker:", "pulumi:providers:docker"))]
    spec = spec_of(graph)
    assert spec["platforms"] == ["linux/amd64", "linux/arm64"]
    assert spec["image"].startswith("registry.test/acme/shop:")
    assert spec["labels"]["service"] == "shop"
    for command in graph.named("-candidate"):
        assert "shop-buildx" in graph.before(command)
        assert DIGEST in command.inputs["create"]
        assert command.inputs["create"].endswith(f" {spec['labels'][BUILD_LABEL]}")


def test_the_version_is_known_in_a_preview(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    graph = declare(tmp_path, monkeypatch, builder=BUILDER, preview=True)
    version = spec_of(graph)["image"].rpartition(":")[2]
    for command in graph.named("-candidate"):
        assert version in json.dumps(command.inputs["stdin"])


def test_no_secret_is_an_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    graph = declare(tmp_path, monkeypatch, builder={**BUILDER, "secrets": ["HOOK"]})
    assert spec_of(graph)["secrets"] == ["HOOK"]
    told = [text for text, _ in texts(build_of(graph).inputs)]
    assert not any(value in text for text in told for value in ("h00k-pass", "r3g1stry-pass"))


def test_the_docker_engine_mounts_secrets_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    graph = declare(tmp_path, monkeypatch, builder={"context": "../app", "secrets": ["HOOK"], "arch": "arm64"})
    (image,) = (each for each in graph.declared if each.kind == "docker:index/remoteImage:RemoteImage")
    assert image.inputs["build"]["secrets"] == [{"id": "HOOK", "src": ".local/build/private/secrets/HOOK"}]
    assert image.inputs["build"]["platform"] == "linux/arm64"
    assert not any("h00k-pass" in text for text, _ in texts(image.inputs))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"arch": "amd64"}, {"platform": "linux/amd64"}, True),
        ({"arch": ["arm64", "amd64"]}, {"arch": ["amd64", "arm64"]}, True),
        ({"arch": ["amd64"]}, {"arch": ["amd64"], "driver": "docker-container"}, True),
        ({}, {"remote": "ssh://build"}, True),
        ({"arch": ["amd64"]}, {"arch": ["amd64", "arm64"]}, False),
        ({}, {"secrets": ["DB"]}, False),
        ({}, {"sbom": "true"}, False),
        ({}, {"ssh": "default"}, False),
    ],
)
def test_the_label_names_what_makes_the_image(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, one: dict[str, Any], other: dict[str, Any], same: bool
) -> None:
    def label(builder: dict[str, Any]) -> str:
        graph = declare(tmp_path, monkeypatch, builder={"context": "../app", **builder})
        return str(graph.named("-candidate")[0].inputs["create"]).split()[-1]

    assert (label(one) == label(other)) == same


def test_without_buildx_nothing_is_declared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    (tmp_path / "bin").mkdir()
    docker = tmp_path / "bin" / "docker"
    docker.write_text("#!/bin/sh\nexit 1\n")
    docker.chmod(0o755)
    monkeypatch.setenv("PATH", f"{docker.parent}:/usr/bin:/bin")
    with pytest.raises(pulumi.RunError, match=r"^builder.arch: needs buildx. buildx is not installed here"):
        declare(tmp_path, monkeypatch, builder=BUILDER)


def test_a_version_of_our_own_is_built_again_with_other_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = declare(tmp_path, monkeypatch, builder=BUILDER)
    urn = "urn:pulumi:prod::deploy::kamal:index:Deploy$kamal:index:AppImage$command:local:Command::shop-buildx"
    state = {urn: build_of(before).inputs}
    labels = {BUILD_LABEL: "another"}
    assert build_of(declare(tmp_path, monkeypatch, builder=BUILDER, labels=labels, state=state))
    with pytest.raises(pulumi.RunError, match="is in the registry already"):
        declare(tmp_path, monkeypatch, builder=BUILDER, labels=labels)


def test_the_program_is_one_text() -> None:
    compile(program_text(), "program", "exec")
    assert "import ." not in program_text()
