"""The sandbox as a whole."""

import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from dev.lock import exclusive_lock
from dev.sandbox import (
    acme,
    agent,
    app,
    cgroups,
    deployer,
    environment,
    host,
    images,
    machine,
    network,
    packages,
    processes,
    registry,
    status,
)
from dev.sandbox.acme import AcmeServer
from dev.sandbox.errors import SandboxError
from dev.sandbox.files import make_folder, write_file
from dev.sandbox.inventory import NOT_RUNNING, Host, Inventory
from dev.sandbox.network import Network
from dev.sandbox.paths import Paths
from dev.sandbox.status import ServiceStatus

PROJECT = Path(__file__).resolve().parents[2]

# Seconds to wait for another `up` or `down`.
LOCK_LIMIT = 180

# Linux's limit on the path of a Unix socket.
MAX_SOCKET_PATH = 107


class Sandbox:
    """The sandbox of one clone of the project.

    What changes something needs root. Every method raises SandboxError when something fails, and `up` and `down` raise
    TimeoutError when another one runs and does not finish.
    """

    def __init__(self, project: Path = PROJECT, say: Callable[[str], None] = print) -> None:
        """Describe a sandbox; nothing is started.

        Args:
            project: The clone's folder.
            say: Prints a line for each step.
        """
        self.paths = Paths(project.resolve())
        self.say = say

    def up(self, hosts: int | None = None) -> Inventory:
        """Start what is not running.

        Args:
            hosts: How many hosts there shall be, 1 to 8; by default as many as there are, or 2. Others are removed.
        """
        self._check_socket_path()
        if hosts is not None and not 1 <= hosts <= host.MAX_HOSTS:
            raise SandboxError(f"A sandbox has 1 to {host.MAX_HOSTS} hosts, not {hosts}.")
        packages.find_system_programs()
        with self._lock():
            packages.ensure(self.say)
            make_folder(self.paths, self.paths.data)
            count = hosts or len(list(self.paths.hosts.glob("web*"))) or 2
            self._remove_hosts_above(count)
            net = network.up(self.paths, self.say)
            inventory = self._start(net, count)
            known_hosts = "".join(f"{entry.address} {entry.host_key}\n" for entry in inventory.hosts)
            write_file(self.paths, self.paths.known_hosts, known_hosts)
            addresses = [net.registry, *(entry.address for entry in inventory.hosts)]
            environment.write(self.paths, [str(net.subnet), *map(str, addresses)])
            app.ensure(self.paths, self.paths.example, self.paths.app, self.say)
            # Last: it is the sign that the sandbox is up.
            write_file(self.paths, self.paths.inventory, inventory.to_json())
            return inventory

    def acme_server(self) -> AcmeServer:
        """Start the ACME server of the running sandbox unless it runs, and return it."""
        packages.find_system_programs()
        with self._lock():
            self.inventory()
            return acme.up(self.paths, network.up(self.paths, self.say), self.say)

    def down(self) -> None:
        """Remove everything except the sample app and Pulumi's files. It also works after a crash, and twice."""
        packages.find_system_programs()
        with self._lock():
            self.say("ending all processes")
            processes.end(self.paths.data)
            network.down(self.paths)
            cgroups.down(self.paths)
            packages.remove_policy()
            self.say("removing all files")
            if self.paths.data.exists():
                shutil.rmtree(self.paths.data)

    def status(self) -> list[ServiceStatus]:
        """Return which services answer. Changes nothing."""
        return status.check(self.paths, self.inventory())

    def inventory(self) -> Inventory:
        """Return what the running sandbox offers."""
        return Inventory.read(self.paths.inventory)

    def environment(self) -> dict[str, str]:
        """Return the environment to deploy to the running sandbox with."""
        self.inventory()
        return environment.load(self.paths)

    def run(
        self, name: str, argv: Sequence[str], stdin: str | bytes = b"", user: str | None = None, timeout: float = 120
    ) -> subprocess.CompletedProcess[bytes]:
        """Run a command on a host without SSH, in the user's home. Needs root.

        Args:
            name: The host.
            argv: The command and its arguments.
            stdin: Its standard input.
            user: Who runs it; by default the user that SSH logs in as.
            timeout: Seconds after which it is killed.

        Returns:
            Its output and exit status, also when it failed.

        Raises:
            subprocess.TimeoutExpired: It took too long.
        """
        entry = self.inventory().host(name)
        running = machine.find(self.paths.hosts / name)
        if not running:
            raise SandboxError(f"The host {name} is not running. {NOT_RUNNING}")
        login = ["runuser", "--login", user or entry.user, "--command", shlex.join(argv)]
        data = stdin.encode() if isinstance(stdin, str) else stdin
        return subprocess.run([*running.enter(), *login], input=data, capture_output=True, timeout=timeout)

    def ssh(self, name: str) -> list[str]:
        """Return the words to put before a command that shall run on a host over SSH."""
        entry = self.inventory().host(name)
        options = {
            "UserKnownHostsFile": self.paths.known_hosts,
            "IdentityAgent": self.paths.agent_socket,
            "StrictHostKeyChecking": "yes",
            "BatchMode": "yes",
            "ConnectTimeout": "5",
        }
        words = [word for key, value in options.items() for word in ("-o", f"{key}={value}")]
        return ["ssh", "-F", "none", *words, "-p", str(entry.port), f"{entry.user}@{entry.address}", "--"]

    def _start(self, net: Network, count: int) -> Inventory:
        """Start registry and agent, then the machines side by side, and give each the image that it needs."""
        paths, say = self.paths, self.say
        image_registry = registry.up(paths, net, say)
        agent.up(paths, net, say)
        etc_files, public_key = self._etc_files(net, count), agent.public_key(paths)
        kamal_proxy, base = images.kamal_proxy(paths), images.base()

        def start_host(number: int) -> Host:
            started = host.up(paths, net, number, etc_files, public_key, say)
            images.ensure(kamal_proxy, Path(started.docker_socket), started.name, say)
            return started

        def start_deployer() -> None:
            images.ensure(base, deployer.up(paths, net, etc_files, say), "deployer", say)

        with ThreadPoolExecutor(count + 1) as threads:
            deployer_started = threads.submit(start_deployer)
            hosts = tuple(threads.map(start_host, range(1, count + 1)))
            deployer_started.result()
        return Inventory(hosts, image_registry, base.name)

    def _etc_files(self, net: Network, count: int) -> Mapping[str, str]:
        """Return the files that every machine has in its /etc: the names of all, and trust in the registry."""
        names = [f"{net.host(number)} {host.name_of(number)}" for number in range(1, count + 1)]
        lines = ["127.0.0.1 localhost", f"{net.registry} registry", *names]
        return {
            "hosts": "\n".join(lines) + "\n",
            "resolv.conf": "# There is no name server: all names are in /etc/hosts.\n",
            f"docker/certs.d/{registry.server(net.registry)}/ca.crt": (self.paths.certificates / "ca.pem").read_text(),
        }

    def _remove_hosts_above(self, count: int) -> None:
        for number in range(count + 1, host.MAX_HOSTS + 1):
            folder = self.paths.hosts / host.name_of(number)
            if folder.exists():
                self.say(f"{folder.name}: removing")
                processes.end(folder)
                shutil.rmtree(folder)

    def _check_socket_path(self) -> None:
        socket = str(self.paths.deployer_socket)
        if len(socket) > MAX_SOCKET_PATH:
            raise SandboxError(
                f"The project's path is too long: a socket's path may have {MAX_SOCKET_PATH} characters, and "
                f"{socket} has {len(socket)}. Move the project to a shorter path."
            )

    @contextmanager
    def _lock(self) -> Iterator[None]:
        """Let one `up` or `down` run at a time."""
        make_folder(self.paths, self.paths.lock.parent)
        with exclusive_lock(
            self.paths.lock, waiting_for="another `up` or `down` of this sandbox", limit=LOCK_LIMIT, say=self.say
        ):
            yield
