"""The program that builds and pushes an image with buildx, and prints its digest.

It is run as `python3 -` with `program_text()` on standard input and the build in the variable BUILD. What it needs of the
project's folder is named by relative paths, so that its inputs are the same for everybody.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Optional

from .builder import Builder, choose_builder
from .diagnosis import NO_BUILDX, failure_of_build, not_started, unreachable
from .spec import BuildSpec
from .words import BUILDX, build_words, buildkit_words, create_words

BUILD_LIMIT = 3600
"""Seconds that a build may take."""

BOOT_LIMIT = 300
"""Seconds that a builder may take to start, which pulls BuildKit's image the first time."""

ANSWER_LIMIT = 60
"""Seconds that anything else may take."""

LOG_TAIL = 20000
"""Characters at the end of the output that are searched for the reason of a failure."""


class BuildError(Exception):
    """The image cannot be built; the text says why and what to do."""


class Commands:
    """Runs Docker's command line, with the login of the deploy and the builders of the user."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = dict(environment)

    def ask(self, words: Sequence[str], limit: int = ANSWER_LIMIT) -> tuple[bool, str, str]:
        """Run a command, and return whether it succeeded, its output, and its errors."""
        try:
            done = subprocess.run(
                words,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=limit,
                # Without a terminal ssh asks nothing, and fails instead.
                start_new_session=True,
            )
        except subprocess.TimeoutExpired:
            return False, "", f"{' '.join(words[:3])} did not answer within {limit} s"
        except OSError as error:
            return False, "", str(error)
        return done.returncode == 0, done.stdout, done.stderr

    def build(self, words: Sequence[str], log: Path) -> bool:
        """Run a build with its output in a file, and return whether it succeeded."""
        with log.open("ab") as output:
            process = subprocess.Popen(
                words,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        try:
            return process.wait(BUILD_LIMIT) == 0
        except subprocess.TimeoutExpired:
            raise BuildError(f"The build did not end within {BUILD_LIMIT} s, and was stopped.") from None
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def build(spec: BuildSpec, environment: Mapping[str, str]) -> str:
    """Return the digest of the image, which is built and pushed unless the registry has it.

    Args:
        spec: The build.
        environment: The environment of the program.

    Raises:
        BuildError: There is no buildx, a builder does not answer, or the build fails.
    """
    environment = {**environment, **_docker_config(spec, environment)}
    remote_engine = spec.driver == "docker" and spec.remote and not spec.local
    if remote_engine:
        environment["DOCKER_HOST"] = str(spec.remote)
    commands = Commands(environment)
    if not commands.ask([*BUILDX, "version"])[0]:
        raise BuildError(NO_BUILDX)
    if pushed := pushed_digest(spec, commands):
        _say(spec, f"{spec.image} is in the registry, built with the same settings: nothing is built.")
        return pushed
    if remote_engine:
        _check_remote(spec.driver, str(spec.remote), commands)
        builder = "default"
    else:
        builder = ensure_builder(spec, environment, commands)
    with tempfile.TemporaryDirectory() as folder:
        metadata = Path(folder) / "metadata.json"
        if not commands.build(build_words(spec, builder, str(metadata)), Path(spec.log)):
            output = Path(spec.log).read_text(errors="replace")[-LOG_TAIL:]
            raise BuildError(failure_of_build(output, spec.platforms, spec.image))
        digest = json.loads(metadata.read_text()).get("containerimage.digest")
    if not digest:
        raise BuildError(f"buildx has told no digest of {spec.image}. Use buildx 0.12 or newer.")
    return str(digest)


def pushed_digest(spec: BuildSpec, commands: Commands) -> Optional[str]:
    """Return the digest of the image in the registry if it was built with the same settings, else None."""
    words = [*BUILDX, "imagetools", "inspect", spec.image, "--format"]
    found, text, _ = commands.ask([*words, '{"manifest":{{json .Manifest}},"image":{{json .Image}}}'])
    try:
        answer = json.loads(text) if found else {}
        digest = answer["manifest"]["digest"]
        image = answer["image"]
        # Of an image for several platforms there is one by each.
        images: list[Any] = [image] if "config" in image else list(image.values())
        labels = [(each.get("config") or {}).get("Labels") or {} for each in images]
    except (ValueError, LookupError, TypeError, AttributeError):
        return None
    same = labels and all(spec.labels.items() <= each.items() for each in labels)
    return str(digest) if same else None


def ensure_builder(spec: BuildSpec, environment: Mapping[str, str], commands: Commands) -> str:
    """Return the name of the builder, which is made and started unless it runs.

    Raises:
        BuildError: A machine that it consists of does not answer.
    """
    here, arch = "", ""
    if spec.local or not spec.remote:
        here, arch = _engine_here(environment, commands)
    builder = choose_builder(spec.driver, spec.platforms, here, arch, spec.remote, spec.local)
    if spec.driver == "docker":
        # The builder of a Docker engine is there by itself, and is called as its context.
        return "default" if "://" in here else here
    for node in builder.nodes:
        if node.endpoint == spec.remote:
            _check_remote(spec.driver, node.endpoint, commands)
    if not commands.ask([*BUILDX, "inspect", builder.name])[0]:
        _create(builder, commands)
    running, output, errors = commands.ask([*BUILDX, "inspect", "--bootstrap", builder.name], BOOT_LIMIT)
    failed = "\n".join(line for line in output.splitlines() if line.startswith("Error:"))
    if not running or failed:
        raise BuildError(not_started([node.endpoint for node in builder.nodes], failed or errors or output))
    return builder.name


def _create(builder: Builder, commands: Commands) -> None:
    """Make a builder, unless another deploy does so at the same time."""
    for node in builder.nodes:
        created, _, errors = commands.ask(create_words(builder, node))
        if created:
            continue
        if "existing instance" in errors:
            return
        commands.ask([*BUILDX, "rm", "--force", builder.name])
        raise BuildError(not_started([node.endpoint], errors))


def _engine_here(environment: Mapping[str, str], commands: Commands) -> tuple[str, str]:
    """Return the address of the Docker engine here, or its context, and its architecture."""
    host = environment.get("DOCKER_HOST")
    answers, arch, errors = commands.ask(["docker", "version", "--format", "{{.Server.Arch}}"])
    if not answers:
        raise BuildError(
            f"No Docker engine answers here: {errors.strip()}. Start it, name another one with DOCKER_HOST, or set "
            "builder.local: false to build on builder.remote only."
        )
    if host:
        return host, arch.strip()
    _, context, _ = commands.ask(["docker", "context", "inspect", "--format", "{{.Name}}"])
    return context.strip() or "default", arch.strip()


def _check_remote(driver: str, address: str, commands: Commands) -> None:
    """Check that a Docker engine or a BuildKit daemon answers over SSH.

    Raises:
        BuildError: It does not.
    """
    engine = ["docker", "--host", address, "version", "--format", "{{.Server.Version}}"]
    answers, _, errors = commands.ask(buildkit_words(address) if driver == "remote" else engine)
    if not answers:
        raise BuildError(unreachable(address, errors))


def _docker_config(spec: BuildSpec, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that have Docker use the deploy's login, where it has one, and the user's builders."""
    own = environment.get("DOCKER_CONFIG") or str(Path("~/.docker").expanduser())
    login = Path(spec.private, "docker").absolute()
    if not login.exists():
        return {}
    return {"DOCKER_CONFIG": str(login), "BUILDX_CONFIG": environment.get("BUILDX_CONFIG") or f"{own}/buildx"}


def _say(spec: BuildSpec, line: str) -> None:
    with Path(spec.log).open("a") as log:
        log.write(f"{line}\n")


def main() -> int:
    """Build, and return the exit status of the program."""
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    spec = BuildSpec.from_json(os.environ["BUILD"])
    try:
        print(json.dumps({"digest": build(spec, os.environ)}))
    except BuildError as error:
        _say(spec, str(error))
        print(error, file=sys.stderr)
        return 1
    finally:
        # The deploy's program removes it, too, but may have been killed.
        shutil.rmtree(spec.private, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
