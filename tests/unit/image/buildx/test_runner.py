"""The program that builds: the very text that a Command reads, with a `docker` that a test makes."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from components.image.buildx.program import RUNNER, program_text
from components.image.buildx.spec import BuildSpec
from tests.unit.test_hook_runner import oldest_python

DIGEST = "sha256:" + "ab" * 32
LABELS = {"service": "shop", "pulumi-kamal.build": "f00d"}

DOCKER = """\
#!/bin/sh
echo "$*" >>calls
[ -e .local/build/private/secrets/TOKEN ] && echo "secret is there" >>calls
for fault in $FAULTS; do case "$*" in "$(echo $fault | tr _ ' ')"*) echo "$MESSAGE" >&2; exit 1 ;; esac; done
case "$*" in
    "version "*) echo amd64 ;;
    "context inspect "*) echo default ;;
    "buildx inspect pulumi-kamal-"*) [ -e created ] || exit 1 ;;
    "buildx create "*) touch created ;;
    "buildx imagetools "*) [ -z "$PUSHED" ] && exit 1; echo "$PUSHED" ;;
    "buildx build "*)
        echo "#1 building"
        for word; do case "$word" in --metadata-file=*) echo '{"containerimage.digest": "DIGEST"}' >"${word#*=}" ;; esac; done ;;
esac
"""


class Run:
    """A run of the program in a project's folder."""

    def __init__(self, folder: Path, *, faults: str = "", message: str = "", pushed: str = "", **spec: Any) -> None:
        self.folder = folder
        docker = folder / "bin" / "docker"
        docker.parent.mkdir()
        docker.write_text(DOCKER.replace("DIGEST", DIGEST))
        docker.chmod(0o755)
        (docker.parent / "ssh").write_text('#!/bin/sh\nexec docker ssh "$@"\n')
        (docker.parent / "ssh").chmod(0o755)
        secret = folder / ".local" / "build" / "private" / "secrets" / "TOKEN"
        secret.parent.mkdir(parents=True)
        secret.write_text("s3cret")
        given = {
            "image": "r.test/shop:v1",
            "context": ".local/build/v1",
            "dockerfile": "Dockerfile",
            "log": ".local/build/v1.log",
            "private": ".local/build/private",
            "labels": LABELS,
            "driver": "docker-container",
            **spec,
        }
        environment = {
            "PATH": f"{docker.parent}:{os.environ['PATH']}",
            "HOME": str(folder),
            "BUILD": BuildSpec(**given).to_json(),
            "FAULTS": faults,
            "MESSAGE": message,
            "PUSHED": pushed,
        }
        done = subprocess.run(
            [oldest_python(), *RUNNER[1:]],
            cwd=folder,
            env=environment,
            input=program_text(),
            capture_output=True,
            text=True,
            timeout=60,
        )
        self.status, self.output, self.errors = done.returncode, done.stdout, done.stderr

    @property
    def calls(self) -> str:
        return (self.folder / "calls").read_text()

    @property
    def log(self) -> str:
        return (self.folder / ".local" / "build" / "v1.log").read_text()


def test_an_image_is_built_and_its_digest_is_printed(tmp_path: Path) -> None:
    run = Run(tmp_path)
    assert (run.status, run.errors) == (0, "")
    assert json.loads(run.output) == {"digest": DIGEST}
    assert run.log == "#1 building\n"
    assert "buildx create --name=pulumi-kamal-" in run.calls
    assert "secret is there" in run.calls
    assert "s3cret" not in run.calls
    assert not (tmp_path / ".local" / "build" / "private").exists()


def test_a_builder_that_is_there_is_used(tmp_path: Path) -> None:
    (tmp_path / "created").touch()
    assert "buildx create" not in Run(tmp_path).calls


def pushed(labels: dict[str, str]) -> str:
    """What `imagetools inspect` says of an image for two platforms."""
    image = {"config": {"Labels": labels}}
    return json.dumps({"manifest": {"digest": "sha256:there"}, "image": {"linux/amd64": image, "linux/arm64": image}})


@pytest.mark.parametrize(
    ("there", "digest"),
    [
        (pushed(LABELS), "sha256:there"),
        (json.dumps({"manifest": {"digest": "sha256:there"}, "image": {"config": {"Labels": LABELS}}}), "sha256:there"),
        (pushed({**LABELS, "pulumi-kamal.build": "other"}), DIGEST),
        (json.dumps({"manifest": {"digest": "sha256:there"}, "image": {}}), DIGEST),
        ("no JSON", DIGEST),
    ],
)
def test_nothing_is_built_where_the_registry_has_the_same_build(tmp_path: Path, there: str, digest: str) -> None:
    run = Run(tmp_path, pushed=there)
    assert json.loads(run.output) == {"digest": digest}
    assert ("buildx build" in run.calls) == (digest == DIGEST)


@pytest.mark.parametrize(
    ("faults", "spec", "message"),
    [
        ("buildx_version", {}, "buildx is not installed here"),
        ("version", {}, "No Docker engine answers here: of ssh."),
        ("buildx_build", {}, "docker buildx build failed. Its output is above."),
        (
            "--host_ssh://build",
            {"remote": "ssh://build", "local": False},
            "The builder ssh://build cannot be reached: of ssh. Check builder.remote",
        ),
        (
            "--host_ssh://build",
            {"remote": "ssh://build", "local": False, "driver": "docker"},
            "The builder ssh://build cannot be reached: of ssh. Check builder.remote",
        ),
        (
            "ssh_",
            {"remote": "ssh://build", "local": False, "driver": "remote"},
            "The builder ssh://build cannot be reached: of ssh. Check builder.remote",
        ),
        ("buildx_inspect_--bootstrap", {}, "BuildKit could not be started on default: of ssh. It runs in a privileged"),
        ("buildx_create", {}, "BuildKit could not be started on default: of ssh. It runs in a privileged"),
    ],
)
def test_a_failure_is_told_in_a_sentence(tmp_path: Path, faults: str, spec: dict[str, Any], message: str) -> None:
    run = Run(tmp_path, faults=faults, message="of ssh", **spec)
    assert (run.status, run.output) == (1, "")
    assert run.errors.startswith(message)
    assert run.log.endswith(run.errors)
    assert not (tmp_path / ".local" / "build" / "private").exists()


def test_a_remote_engine_builds_by_itself(tmp_path: Path) -> None:
    run = Run(tmp_path, remote="ssh://build", local=False, driver="docker")
    assert "buildx create" not in run.calls
    assert "--builder=default" in run.calls
