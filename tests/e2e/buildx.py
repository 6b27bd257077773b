"""Real builders for the tests: buildx for Docker's command line, BuildKit as an image, and BuildKit on a host."""

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from components.image.buildx.program import RUNNER, program_text
from components.image.buildx.spec import BuildSpec
from components.image.private_files import PrivateFiles
from components.secret import Secret
from components.settings import RegistryLogin
from dev.lock import exclusive_lock
from dev.sandbox import Sandbox, images
from dev.sandbox.commands import wait_until
from dev.sandbox.inventory import Host
from dev.toolchain.paths import BIN
from tests.e2e.stack import Stack

BUILDKIT_IMAGE = "moby/buildkit:buildx-stable-1"
"""The image that buildx starts, which cannot be downloaded here."""

SSH = '#!/bin/sh\nexec {ssh} -o GlobalKnownHostsFile={known_hosts} "$@"\n'
"""An ssh that knows the sandbox's hosts: Docker's command line calls the one on the PATH, with the user's known_hosts."""


def buildx_environment(folder: Path, sandbox: Sandbox) -> dict[str, str]:
    """Return the variables with which Docker's command line has buildx, and reaches the sandbox's hosts.

    Args:
        folder: Where Docker's configuration is made.
        sandbox: The running sandbox.
    """
    for name in ("docker/cli-plugins", "bin"):
        (folder / name).mkdir(parents=True)
    (folder / "docker/cli-plugins/docker-buildx").symlink_to(BIN / "docker-buildx")
    ssh = folder / "bin" / "ssh"
    ssh.write_text(SSH.format(ssh=shutil.which("ssh"), known_hosts=sandbox.paths.known_hosts))
    ssh.chmod(0o755)
    return {"DOCKER_CONFIG": str(folder / "docker"), "PATH": f"{ssh.parent}:{sandbox.environment()['PATH']}"}


def name_the_registrys_authority(stack: Stack, sandbox: Sandbox) -> None:
    """Have the builders that buildx makes trust the registry, as docs/builds.md says."""
    folder = Path(stack.environment["DOCKER_CONFIG"]) / "buildx"
    folder.mkdir()
    server, authority = sandbox.inventory().registry.server, sandbox.paths.certificates / "ca.pem"
    (folder / "buildkitd.default.toml").write_text(f'[registry."{server}"]\n  ca = ["{authority}"]\n')


def ensure_buildkit_image(sandbox: Sandbox) -> None:
    """Have the deployer's Docker engine hold BuildKit's image: its daemon, and runc with the libraries that it needs."""
    listed = subprocess.run(["ldd", _program("runc")], capture_output=True, text=True).stdout
    programs = {"usr/bin/buildkitd": BIN / "buildkitd", "usr/bin/buildctl": BIN / "buildctl"}
    libraries = {path.lstrip("/"): Path(path) for path in re.findall(r"(/\S+) \(", listed)}
    files = {**programs, **libraries, "usr/bin/runc": Path(_program("runc"))}
    image = images.Image(
        BUILDKIT_IMAGE,
        images.archive(
            [
                images.folder("tmp", 0o1777),
                *(images.file(name, path.read_bytes(), 0o755) for name, path in files.items()),
            ]
        ),
        ("ENV PATH=/usr/bin", 'ENTRYPOINT ["buildkitd"]'),
    )
    images.ensure(image, sandbox.paths.deployer_socket, "deployer", lambda _: None)


def _program(name: str) -> str:
    path = shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin:/sbin")
    assert path, f"{name} is not installed"
    return path


@contextmanager
def buildkit_on(sandbox: Sandbox, host: Host) -> Iterator[str]:
    """Run a BuildKit daemon on a host, and give its address. One test at a time has one."""
    # Not beside the hosts, which are counted by their folders.
    lock = sandbox.paths.data / f"{host.name}.buildkit"
    with exclusive_lock(lock, waiting_for="BuildKit of another test", limit=250, say=print):
        yield from _buildkit_on(sandbox, host)


def _buildkit_on(sandbox: Sandbox, host: Host) -> Iterator[str]:
    # A host sees this folder as /run/host.
    disk = sandbox.paths.hosts / host.name / "buildkit"
    (disk / "bin").mkdir(parents=True, exist_ok=True)
    for name in ("buildkitd", "buildctl"):
        shutil.copy(BIN / name, disk / "bin" / name)
    shutil.copy(sandbox.paths.certificates / "ca.pem", disk / "ca.pem")
    inside = "/run/host/buildkit"
    start = (
        f"mkdir -p /run/buildkit && export PATH={inside}/bin:$PATH SSL_CERT_FILE={inside}/ca.pem && cd {inside} && "
        "{ setsid buildkitd --root data --oci-worker-snapshotter native >log 2>&1 </dev/null & echo $! >pid; }"
    )
    # sshd gives a session a PATH of its own.
    profile = f"echo 'export PATH={inside}/bin:$PATH' >.bashrc"

    def run(script: str) -> bool:
        return sandbox.run(host.name, ["sh", "-c", script], user="root").returncode == 0

    assert run(profile)
    assert run(start)
    try:
        answers = f"{inside}/bin/buildctl debug workers"
        wait_until(lambda: run(answers), "buildkitd to answer", 20, (disk / "log").read_text)
        yield f"ssh://{host.user}@{host.address}"
    finally:
        run(f"kill $(cat {shlex.quote(inside)}/pid); rm -f .bashrc")
        shutil.rmtree(disk, ignore_errors=True)


class Builds:
    """Builds of an app by the program alone, without Pulumi, as a deploy runs it."""

    def __init__(self, stack: Stack, **labels: str) -> None:
        self._stack, self._labels = stack, labels
        self.image = f"tests/{stack.service}"

    def run(self, tag: str, password: str = "", **spec: Any) -> subprocess.CompletedProcess[str]:
        """Build the app's working tree, and return what the program has printed.

        Args:
            tag: The tag to push.
            password: That of the registry, if not the right one.
            spec: Fields of the build.
        """
        registry, folder = self._stack.inventory.registry, self._stack.folder
        private = folder / "private"
        login = RegistryLogin(
            Secret(registry.username), Secret(password or Path(registry.password_file).read_text().strip())
        )
        PrivateFiles({}, registry.server, login).write(private)
        given = {
            "image": f"{registry.server}/{self.image}:{tag}",
            "context": str(self._stack.app),
            "dockerfile": "Dockerfile",
            "log": str(folder / "log"),
            "private": str(private),
            "labels": {"service": self._stack.service, **self._labels},
            "driver": "docker-container",
            "local": False,
            **spec,
        }
        (folder / "log").unlink(missing_ok=True)
        return subprocess.run(
            RUNNER,
            cwd=folder,
            env=self._stack.environment | {"BUILD": BuildSpec(**given).to_json()},
            input=program_text(),
            capture_output=True,
            text=True,
            timeout=200,
        )

    def log(self) -> str:
        """The output of the last build."""
        return (self._stack.folder / "log").read_text()
