"""A version is known by its tag and by the settings that it was built with: two stacks may push the same tag."""

from pathlib import Path
from typing import Any

import pulumi
import pytest

from components.naming import BUILD_LABEL
from tests.unit.graph import Graph, declare

IMAGES = "urn:pulumi:prod::deploy::kamal:index:Deploy$kamal:index:AppImage"


def built(graph: Graph) -> dict[str, Any]:
    """The arguments of the build."""
    (image,) = (each for each in graph.declared if each.kind == "docker:index/remoteImage:RemoteImage")
    return {"name": image.inputs["name"], **image.inputs["build"]}


def label(graph: Graph) -> str:
    """The label of the build."""
    return str(built(graph)["label"][BUILD_LABEL])


def test_the_label_tells_builds_apart_that_differ_in_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def of(**builder: Any) -> str:
        return label(declare(tmp_path, monkeypatch, builder={"context": "../app", **builder}))

    plain = of()
    assert plain == of() == of(no_cache=True)
    assert len({plain, of(args={"A": "1"}), of(target="x"), of(platform="linux/arm64")}) == 4


def test_the_hosts_are_told_the_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    graph = declare(tmp_path, monkeypatch)
    for candidate in graph.named("-candidate"):
        assert candidate.inputs["create"].endswith(f" {label(graph)}")


def test_a_tag_that_another_stack_has_built_otherwise_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(pulumi.RunError, match="is in the registry already, built with other settings of builder"):
        declare(tmp_path, monkeypatch, labels={BUILD_LABEL: "theirs"})


@pytest.mark.parametrize("case", ["ours", "unlabelled", "pushed before", "no state"])
def test_a_tag_of_our_own_is_pushed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str) -> None:
    before = declare(tmp_path, monkeypatch)
    pushed = {f"{IMAGES}$docker:index/registryImage:RegistryImage::shop": {"name": built(before)["name"]}}
    labels = {"ours": {BUILD_LABEL: label(before)}, "unlabelled": {}}.get(case, {BUILD_LABEL: "another"})
    state = {"pushed before": pushed, "no state": None}.get(case, {})
    assert label(declare(tmp_path, monkeypatch, labels=labels, state=state)) == label(before)


def test_a_version_that_the_first_release_has_built_keeps_its_digest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The label would be another image, and restart every container."""
    before = built(declare(tmp_path, monkeypatch))
    unlabelled = {key: value for key, value in before["label"].items() if key != BUILD_LABEL}
    image = {"name": before["name"], "build": {"label": unlabelled}}
    state = {"urn:pulumi:prod::deploy::kamal:index:AppImage$docker:index/remoteImage:RemoteImage::shop": image}
    graph = declare(tmp_path, monkeypatch, state=state)
    assert built(graph)["label"] == unlabelled
    assert not graph.named("-candidate")[0].inputs["create"].endswith(label(declare(tmp_path, monkeypatch)))
