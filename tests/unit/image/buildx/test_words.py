"""The words of the buildx commands."""

import pytest

from components.image.buildx.builder import Builder, Node
from components.image.buildx.spec import BuildSpec
from components.image.buildx.words import build_words, buildkit_words, create_words

SPEC = BuildSpec(
    image="ghcr.io/acme/shop:v1",
    context=".local/build/v1",
    dockerfile="docker/Dockerfile",
    log=".local/build/v1.log",
    private=".local/build/private",
    labels={"service": "shop"},
    driver="docker-container",
)


def options(spec: BuildSpec) -> list[str]:
    """The words of a build but for those that every build has."""
    plain = set(build_words(SPEC, "b", "m.json"))
    return [word for word in build_words(spec, "b", "m.json") if word not in plain]


def test_a_build_without_options() -> None:
    assert build_words(SPEC, "b", "m.json") == [
        "docker",
        "buildx",
        "build",
        "--push",
        "--progress=plain",
        "--builder=b",
        "--tag=ghcr.io/acme/shop:v1",
        "--file=.local/build/v1/docker/Dockerfile",
        "--label=service=shop",
        "--provenance=false",
        "--metadata-file=m.json",
        ".local/build/v1",
    ]


def test_each_setting_is_an_option() -> None:
    spec = BuildSpec(
        **{**vars(SPEC), "labels": {"service": "shop", "note": "a b=c"}},
    )
    assert options(spec) == ["--label=note=a b=c"]
    for changed, expected in (
        ({"platforms": ["linux/amd64", "linux/arm64"]}, ["--platform=linux/amd64,linux/arm64"]),
        ({"target": "app"}, ["--target=app"]),
        ({"args": {"A": "1", "B": "x y"}}, ["--build-arg=A=1", "--build-arg=B=x y"]),
        ({"secrets": ["TOKEN"]}, ["--secret=id=TOKEN,src=.local/build/private/secrets/TOKEN"]),
        ({"ssh": "default"}, ["--ssh=default"]),
        (
            {"cache_from": ["type=gha"], "cache_to": ["type=gha,mode=max"]},
            ["--cache-from=type=gha", "--cache-to=type=gha,mode=max"],
        ),
        ({"no_cache": True}, ["--no-cache"]),
        ({"provenance": "mode=max"}, ["--provenance=mode=max"]),
        ({"sbom": "true"}, ["--sbom=true"]),
    ):
        assert options(BuildSpec(**{**vars(SPEC), **changed})) == expected


def test_the_second_node_is_appended() -> None:
    here, there = Node("unix:///run/docker.sock", ("linux/amd64",)), Node("ssh://build", ("linux/arm64",))
    builder = Builder("docker-container", (here, there))
    create = ["docker", "buildx", "create", f"--name={builder.name}", "--driver=docker-container"]
    assert create_words(builder, here) == [*create, "--platform=linux/amd64", "unix:///run/docker.sock"]
    assert create_words(builder, there) == [*create, "--append", "--platform=linux/arm64", "ssh://build"]


def test_what_is_not_set_is_not_in_the_text() -> None:
    assert BuildSpec.from_json(SPEC.to_json()) == SPEC
    assert "ssh" not in SPEC.to_json()


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("ssh://build", ["--", "build"]),
        ("ssh://me@build:2222", ["-l", "me", "-p", "2222", "--", "build"]),
        ("ssh://root@[fd00::1]", ["-l", "root", "--", "fd00::1"]),
    ],
)
def test_a_daemon_is_asked_by_ssh_without_a_question(address: str, words: list[str]) -> None:
    options = ["ssh", "-o", "BatchMode=yes", "-o", "ConnectTimeout=20"]
    assert buildkit_words(address) == [*options, *words, "buildctl", "debug", "workers"]
