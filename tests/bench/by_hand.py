"""The floor: the steps that no deploy can do without, by hand."""

import shlex
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Self

from dev.sandbox import Host, Sandbox
from dev.sandbox.commands import run
from tests.e2e.stack import Stack

TIME_LIMIT = 120
"""Seconds that one step may take."""


class ByHand:
    """A stack's app, deployed by hand to the stack's hosts beside what the stack deploys there.

    It builds and pushes; then, on all hosts at once and over one SSH connection each, it pulls, runs the new container,
    has kamal-proxy route to it and stops the old one. The proxy and the network have to be there.
    """

    def __init__(self, stack: Stack, sandbox: Sandbox) -> None:
        """Deploy nothing yet."""
        self.app, self.inventory, self.sandbox = stack.app, stack.inventory, sandbox
        self.name = f"{stack.service}-by-hand"
        self.image = f"{self.inventory.registry.server}/tests/{self.name}"
        self.number = 0
        self.environment = {
            **stack.environment,
            "DOCKER_CONFIG": str(stack.folder / "docker"),
            # Debian's client, which the sandbox installs, brings BuildKit; another may want a plugin for it.
            "PATH": f"/usr/bin:{stack.environment['PATH']}",
            "DOCKER_BUILDKIT": "1",
        }

    def __enter__(self) -> Self:
        """Log the deployer and the hosts in to the registry."""
        registry = self.inventory.registry
        password = Path(registry.password_file).read_text()
        login = ["login", "--username", registry.username, "--password-stdin", registry.server]
        run(["docker", *login], stdin=password, env=self.environment)
        self._on_hosts(lambda host: f"{self._docker} {shlex.join(login)}", stdin=password)
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the hosts as they were."""
        self._on_hosts(
            lambda host: (
                f"""
docker exec kamal-proxy kamal-proxy remove {self.name}
docker ps --all --quiet --filter name={self.name}- | xargs --no-run-if-empty docker rm --force --volumes
docker images --quiet {self.image} | xargs --no-run-if-empty docker rmi --force
rm -r .{self.name}"""
            )
        )

    def deploy(self) -> None:
        """Deploy what the app's folder holds."""
        self.number += 1
        image = f"{self.image}:{self.number}"
        arguments = {"BASE": self.inventory.base_image, "KAMAL_VERSION": str(self.number)}
        words = [word for key, value in arguments.items() for word in ("--build-arg", f"{key}={value}")]
        build = ["docker", "build", "--quiet", *words, "--tag", image, str(self.app)]
        run(build, env=self.environment, timeout=TIME_LIMIT)
        run(["docker", "push", "--quiet", image], env=self.environment, timeout=TIME_LIMIT)
        self._on_hosts(lambda host: self._swap(image))

    def _swap(self, image: str) -> str:
        old, new = f"{self.name}-{self.number - 1}", f"{self.name}-{self.number}"
        return f"""set -e
{self._docker} pull --quiet {image}
docker run --detach --network kamal --name {new} --env KAMAL_VERSION={self.number} {image}
docker exec kamal-proxy kamal-proxy deploy {self.name} --host {self.name}.test --target {new}:8080
if docker inspect {old} >/dev/null 2>&1; then docker stop {old}; fi"""

    @property
    def _docker(self) -> str:
        """Docker on a host, with a login that nothing else there uses."""
        return f"docker --config .{self.name}"

    def _on_hosts(self, script: Callable[[Host], str], stdin: str = "") -> None:
        """Run a shell script on all hosts at once."""

        def run_on(host: Host) -> None:
            run([*self._ssh(host), script(host)], stdin=stdin, timeout=TIME_LIMIT)

        hosts = self.inventory.hosts
        with ThreadPoolExecutor(len(hosts)) as threads:
            list(threads.map(run_on, hosts))

    def _ssh(self, host: Host) -> list[str]:
        """Return the words to put before a command on a host, which may be behind the delay proxy."""
        program, *words = self.sandbox.ssh(host.name)
        options = {
            "HostName": host.address,
            "Port": str(host.port),
            # The key is known under the address of the host itself.
            "HostKeyAlias": self.sandbox.inventory().host(host.name).address,
        }
        # Of options given twice ssh takes the first.
        return [program, *(word for key, value in options.items() for word in ("-o", f"{key}={value}")), *words]
