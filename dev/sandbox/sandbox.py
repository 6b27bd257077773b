"""The sandbox as a whole."""

import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

from dev.sandbox import agent, app, cgroups, deployer, docker_api, host, images, namespace, network, packages, processes
from dev.sandbox import registry as image_registry
from dev.sandbox.errors import SandboxError
from dev.sandbox.files import make_folder, write_file
from dev.sandbox.inventory import Host, Inventory
from dev.sandbox.layout import Layout
from dev.sandbox.locks import locked
from dev.sandbox.namespace import ALL, Namespace

PROJECT = Path(__file__).resolve().parents[2]
# Linux's limit on the path of a unix socket.
LONGEST_SOCKET = 107


@dataclass(frozen=True)
class Part:
    """A part of the sandbox as `status` sees it."""

    name: str
    address: str
    up: bool


class Sandbox:
    """The sandbox of the copy of the project in `project`: by default the one that this file is in.

    `say` gets a line a step. Every method that changes something needs root; all raise SandboxError.
    """

    def __init__(self, project: Path = PROJECT, say: Callable[[str], None] = print) -> None:
        self.layout = Layout(project.resolve())
        self.say = say

    def up(self, hosts: int | None = None) -> Inventory:
        """Start what is not there or has died, and return what there is.

        `hosts`: how many, 1 to 8; by default as many as there are, or 2. Surplus ones are removed.
        """
        self.check_paths()
        if hosts is not None and not 1 <= hosts <= host.MOST:
            raise SandboxError(f"A sandbox has 1 to {host.MOST} hosts, not {hosts}.")
        with self.lock():
            packages.find_system_programs()
            packages.ensure(self.say)
            make_folder(self.layout, self.layout.state)
            count = hosts or self.host_count() or 2
            self.remove_surplus(count)
            hub, subnet = network.up(self.layout, self.say)
            inventory = self.start_parts(hub, subnet, count)
            self.write(inventory, subnet)
            app.ensure(self.layout, self.say)
            return inventory

    def start_parts(self, hub: Namespace, subnet: IPv4Network, count: int) -> Inventory:
        """Registry and agent, then the Docker engines side by side, each with the images it needs."""
        layout, say = self.layout, self.say
        registry = image_registry.up(layout, hub, subnet[network.REGISTRY], say)
        agent.up(layout, hub, say)
        etc, key = self.etc(subnet, count), agent.public_key(layout)
        proxy, base = images.kamal_proxy(layout), images.base()

        def start_host(number: int) -> Host:
            started = host.up(layout, hub, subnet, number, etc, key, say)
            images.ensure(Path(started.docker_socket), started.name, proxy, images.PROXY, say)
            return started

        def start_deployer() -> None:
            engine = deployer.up(layout, hub, subnet, etc, say)
            images.ensure(engine, "deployer", base, images.BASE, say)
            for name, image in ((images.BASE, base), (images.PROXY, proxy)):
                images.publish(layout, engine, registry, image, name, say)

        with ThreadPoolExecutor(count + 1) as threads:
            deploying = threads.submit(start_deployer)
            hosts = tuple(threads.map(start_host, range(1, count + 1)))
            deploying.result()
        return Inventory(hosts, registry, images.BASE, images.PROXY)

    def etc(self, subnet: IPv4Network, count: int) -> dict[str, str]:
        """The files that every host has in its /etc: names, no name server, and trust in the registry."""
        server = image_registry.server_of(subnet[network.REGISTRY])
        numbers = range(1, count + 1)
        names = [f"{host.address_of(subnet, number)} {host.name_of(number)}" for number in numbers]
        lines = ["127.0.0.1 localhost", f"{subnet[network.REGISTRY]} registry", *names]
        return {
            "hosts": "\n".join(lines) + "\n",
            "resolv.conf": "# No name server: hosts know each other by /etc/hosts.\n",
            f"docker/certs.d/{server}/ca.crt": (self.layout.certificates / "ca.pem").read_text(),
        }

    def write(self, inventory: Inventory, subnet: IPv4Network) -> None:
        """Write down what there is: for programs, for ssh and for a shell."""
        layout = self.layout
        known = "".join(f"{host.address} {host.host_key}\n" for host in inventory.hosts)
        write_file(layout, layout.known_hosts, known)
        exports = {
            "SSH_AUTH_SOCK": layout.agent_socket,
            "DOCKER_HOST": f"unix://{layout.deployer_socket}",
            "SSL_CERT_FILE": layout.certificates / "bundle.pem",
        }
        lines = [f"export {name}={shlex.quote(str(value))}\n" for name, value in exports.items()]
        # What the environment keeps from its proxy, and the bridge.
        lines += [f'export {name}="{subnet}${{{name}:+,${name}}}"\n' for name in ("NO_PROXY", "no_proxy")]
        write_file(layout, layout.env, "".join(lines))
        write_file(layout, layout.inventory, inventory.json())

    def down(self) -> None:
        """Remove everything but the sample app: processes, interface, cgroups, files. Also after a crash, and twice."""
        packages.find_system_programs()
        with self.lock():
            self.say("ending all processes")
            processes.end(self.layout.state)
            network.down(self.layout)
            cgroups.down(self.layout)
            packages.remove_policy()
            self.say("removing all files")
            if self.layout.state.exists():
                shutil.rmtree(self.layout.state)

    def status(self) -> list[Part]:
        """What there is and whether it answers; changes nothing. A host's Docker answers only to root."""
        layout, inventory = self.layout, self.inventory()
        registry, key = inventory.registry, agent.public_key(layout).split()[1]
        answers = {
            "registry": (f"https://{registry.server}", image_registry.status(layout, registry, "/v2/") == 200),
            "deployer": (f"unix://{layout.deployer_socket}", docker_api.ping(layout.deployer_socket)),
            "agent": (str(layout.agent_socket), agent.holds(layout, key)),
        }
        for entry in inventory.hosts:
            answers[f"{entry.name} ssh"] = (f"{entry.user}@{entry.address}", host.answers(IPv4Address(entry.address)))
            answers[f"{entry.name} docker"] = (entry.docker_socket, docker_api.ping(Path(entry.docker_socket)))
        return [Part(name, address, up) for name, (address, up) in answers.items()]

    def inventory(self) -> Inventory:
        """What the running sandbox offers."""
        return Inventory.read(self.layout.inventory)

    def run(
        self, name: str, argv: Sequence[str], stdin: str | bytes = b"", user: str | None = None, timeout: float = 120
    ) -> subprocess.CompletedProcess[bytes]:
        """Run a command on the host `name` without SSH, as `user` (the host's own by default), in their home.

        A failure of the command is in the result's `returncode`. Needs root.
        Raises subprocess.TimeoutExpired after `timeout` seconds.
        """
        entry = self.inventory().host(name)
        part = namespace.find(self.layout.hosts / name, "/run/booted")
        if not part:
            raise SandboxError(f"Host {name} does not run. Run: python3 -m dev.sandbox up")
        login = ["runuser", "--login", user or entry.user, "--command", shlex.join(argv)]
        data = stdin.encode() if isinstance(stdin, str) else stdin
        return subprocess.run([*part.enter(ALL), *login], input=data, capture_output=True, timeout=timeout)

    def ssh(self, name: str) -> list[str]:
        """The words before a command that run it on the host `name` through SSH, with the sandbox's agent's key."""
        entry = self.inventory().host(name)
        options = {
            "UserKnownHostsFile": self.layout.known_hosts,
            "IdentityAgent": self.layout.agent_socket,
            "StrictHostKeyChecking": "yes",
            "BatchMode": "yes",
            "ConnectTimeout": "5",
        }
        words = [word for key, value in options.items() for word in ("-o", f"{key}={value}")]
        return ["ssh", "-F", "none", *words, "-p", str(entry.port), f"{entry.user}@{entry.address}", "--"]

    def host_count(self) -> int:
        return len(list(self.layout.hosts.glob("web*")))

    def remove_surplus(self, count: int) -> None:
        for number in range(count + 1, host.MOST + 1):
            folder = self.layout.hosts / host.name_of(number)
            if folder.exists():
                self.say(f"{folder.name}: removing")
                processes.end(folder)
                shutil.rmtree(folder)

    def check_paths(self) -> None:
        length = len(str(self.layout.deployer_socket))
        if length > LONGEST_SOCKET:
            raise SandboxError(
                f"The project's path is too long: {self.layout.deployer_socket} has {length} characters, "
                f"and a socket's path {LONGEST_SOCKET} at most. Move the project to a shorter path."
            )

    @contextmanager
    def lock(self) -> Iterator[None]:
        """One `up` or `down` at a time."""
        make_folder(self.layout, self.layout.lock.parent)
        self.layout.lock.touch()
        with locked(self.layout.lock, "another `up` or `down` of this sandbox to finish", 180):
            yield
