"""What to do about a build that has failed.

Imports no other module of this package: it is sent to a Python process that does not have it.
"""

import re
from collections.abc import Sequence

NO_BUILDX = (
    "buildx is not installed here: docker buildx version fails. Docker's own packages have it as docker-buildx-plugin, Debian "
    "and Ubuntu as docker-buildx, Homebrew as docker-buildx; "
    "https://github.com/docker/buildx#installing has the rest."
)


def unreachable(builder: str, output: str) -> str:
    """Return what is wrong with a builder that does not answer.

    Args:
        builder: Its address.
        output: What the attempt to reach it has printed.
    """
    return (
        f"The builder {builder} cannot be reached: {_last_line(output)}. Check builder.remote, that ssh lets you in without a question (the "
        "key in your SSH agent, the host in your known_hosts), and that its Docker or BuildKit runs."
    )


def not_started(builders: Sequence[str], output: str) -> str:
    """Return what is wrong with BuildKit where it does not start; see `unreachable`."""
    if "setting config file is not supported" in output:
        return (
            "buildx does not make a builder with driver: remote where it has a buildkitd.default.toml, which it gives to each builder. "
            "Move that file away (it is in ~/.docker/buildx), or name another folder with the variable BUILDX_CONFIG."
        )
    return (
        f"BuildKit could not be started on {' and '.join(builders)}: {_last_line(output)}. It runs in a privileged container of the "
        "image moby/buildkit, which the Docker engine has to be able to download and to start."
    )


def _last_line(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return lines[-1].rstrip(".") if lines else "it did not answer in time"


def failure_of_build(output: str, platforms: Sequence[str], image: str) -> str:
    """Return what is wrong with a build, from the end of its output.

    Args:
        output: The output.
        platforms: The platforms that it was for.
        image: What was to be pushed.
    """
    if "exec format error" in output:
        failed = _failed_platforms(output, platforms) or list(platforms)
        return (
            f"The builder cannot run programs for {' or '.join(failed)}. Build them on a machine of that architecture "
            "(builder.remote), install an emulator on the builder (docker run --privileged --rm tonistiigi/binfmt --install "
            "all), or remove the architecture from builder.arch."
        )
    if re.search(r"[Mm]ulti(-|ple )platforms? (feature|build) is (currently )?not supported", output):
        return "The builder builds for one platform only. Leave out builder.driver, or set it to docker-container."
    if re.search(r"no match for platform|does not (provide|match) the specified platform|no matching manifest", output):
        return (
            f"An image in the Dockerfile's FROM is not there for all of {', '.join(platforms)}. Use another image, or remove "
            "the architecture from builder.arch."
        )
    if re.search(r"failed to push|unauthorized|denied: |403 Forbidden|401 Unauthorized", output):
        return (
            f"{image} could not be pushed. Check registry.username and its password, that the builder can reach the registry, "
            "and that the user may push there."
        )
    return "docker buildx build failed. Its output is above."


def _failed_platforms(output: str, platforms: Sequence[str]) -> list[str]:
    """Return the platforms of the failed steps, which BuildKit repeats at the end; some only name their stage there."""
    steps = re.findall(r"^ > \[(.+?) ?[0-9]+/[0-9]+\]", output, re.MULTILINE)
    named = set(" ".join(steps).split())
    for platform, stage in re.findall(r"\[([a-z0-9_/]+)(?:->[a-z0-9_/]+)? (\S+) [0-9]+/[0-9]+\]", output):
        if stage in named:
            named.add(platform)
    return [platform for platform in platforms if any(name.split("->")[0] == platform for name in named)]
