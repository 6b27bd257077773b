"""What to do about a build that has failed."""

import pytest

from components.image.buildx.diagnosis import failure_of_build, not_started, unreachable

BOTH = ("linux/amd64", "linux/arm64")


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        (
            "#8 [linux/amd64 2/2] RUN true\n#9 [linux/arm64 2/2] RUN true\n------\n > [linux/arm64 2/2] RUN true:\n0.1 exec /bin/sh: exec format error\n",
            "The builder cannot run programs for linux/arm64. Build them on a machine of that architecture",
        ),
        (
            "#5 [linux/arm64 tools 1/2] COPY a /\n#6 [linux/amd64 stage-2 1/1] COPY a /\n > [tools 2/2] RUN a:\nexec format error",
            "The builder cannot run programs for linux/arm64. Build them on a machine of that architecture",
        ),
        ("exec /bin/sh: exec format error", "The builder cannot run programs for linux/amd64 or linux/arm64."),
        (
            "ERROR: Multi-platform build is not supported for the docker driver.",
            "The builder builds for one platform only.",
        ),
        (
            "ERROR: no match for platform in manifest: not found",
            "An image in the Dockerfile's FROM is not there for all of linux/amd64, linux/arm64.",
        ),
        (
            "ERROR: failed to push r.test/shop:v1: unexpected status: 401 Unauthorized",
            "r.test/shop:v1 could not be pushed. Check registry.username and its password",
        ),
        ("RUN false did not complete", "docker buildx build failed. Its output is above."),
    ],
)
def test_the_reason_is_in_the_output(output: str, expected: str) -> None:
    assert failure_of_build(output, BOTH, "r.test/shop:v1").startswith(expected)


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        ("x\nssh: connect to host build port 22: Connection refused\n\n", "Connection refused. Check builder.remote"),
        ("", "it did not answer in time. Check builder.remote"),
    ],
)
def test_a_builder_that_does_not_answer_is_named(output: str, reason: str) -> None:
    message = unreachable("ssh://build", output)
    assert message.startswith("The builder ssh://build cannot be reached: ")
    assert reason in message


def test_a_buildkit_that_does_not_start_is_named() -> None:
    message = not_started(["unix:///run/docker.sock", "ssh://build"], "x\nError: no such image.\n")
    assert message.startswith(
        "BuildKit could not be started on unix:///run/docker.sock and ssh://build: Error: no such image. It"
    )


def test_a_remote_builder_that_is_refused_for_a_configuration_of_its_users_says_what_to_do() -> None:
    output = "ERROR: failed to initialize builder b (b0): setting config file is not supported for remote driver\n"
    assert "Move that file away (it is in ~/.docker/buildx)" in not_started(["ssh://build"], output)
