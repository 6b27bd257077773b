"""Which machines build what."""

import pytest

from components.image.buildx.builder import Builder, Node, choose_builder

BOTH = ("linux/amd64", "linux/arm64")
REMOTE = "ssh://build"


@pytest.mark.parametrize(
    ("platforms", "arch", "remote", "local", "nodes"),
    [
        ((), "x86_64", None, True, [Node("here")]),
        (BOTH, "amd64", None, True, [Node("here")]),
        (BOTH, "amd64", REMOTE, True, [Node("here", BOTH[:1]), Node(REMOTE, BOTH[1:])]),
        (BOTH, "aarch64", REMOTE, True, [Node("here", BOTH[1:]), Node(REMOTE, BOTH[:1])]),
        (BOTH, "s390x", REMOTE, True, [Node(REMOTE)]),
        (BOTH[:1], "x86_64", REMOTE, True, [Node("here")]),
        (BOTH[:1], "arm64", REMOTE, True, [Node(REMOTE)]),
        ((), "", REMOTE, False, [Node(REMOTE)]),
        (BOTH, "", REMOTE, False, [Node(REMOTE)]),
    ],
)
def test_this_machine_builds_what_it_has_the_architecture_for(
    platforms: tuple[str, ...], arch: str, remote: str | None, local: bool, nodes: list[Node]
) -> None:
    builder = choose_builder("docker-container", platforms, "here", arch, remote, local)
    assert list(builder.nodes) == nodes


def test_without_a_platform_a_local_builder_is_used() -> None:
    assert choose_builder("docker-container", (), "here", "amd64", REMOTE, True).nodes == (Node("here"),)


def test_another_builder_has_another_name() -> None:
    builders = [
        Builder("docker-container", (Node("here"),)),
        Builder("remote", (Node("here"),)),
        Builder("docker-container", (Node(REMOTE),)),
        Builder("docker-container", (Node("here", BOTH[:1]), Node(REMOTE, BOTH[1:]))),
    ]
    assert len({builder.name for builder in builders}) == len(builders)
    assert builders[0].name == Builder("docker-container", (Node("here"),)).name
