"""Where a sandbox keeps its files, and what it is called."""

import hashlib
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path


@dataclass(frozen=True)
class Paths:
    """The paths and names of the sandbox of one clone. Names contain a hash of its path, so clones do not clash.

    Attributes:
        project: The clone's folder, without symbolic links.
    """

    project: Path

    @property
    def local(self) -> Path:
        """Everything that is generated in the clone."""
        return self.project / ".local"

    @property
    def data(self) -> Path:
        """Everything that `down` removes."""
        return self.local / "sandbox"

    @cached_property
    def name(self) -> str:
        """The name of the network interface and the cgroup on this computer. An interface's has 15 characters at most."""
        return "kp-" + hashlib.sha256(str(self.data).encode()).hexdigest()[:8]

    @property
    def lock(self) -> Path:
        """Locked while `up` or `down` runs. It is outside `data`, which `down` removes."""
        return self.local / "sandbox.lock"

    @property
    def inventory(self) -> Path:
        """What the running sandbox offers, as JSON."""
        return self.data / "sandbox.json"

    @property
    def environment(self) -> Path:
        """The environment to deploy with, for a shell to source."""
        return self.data / "env"

    @property
    def subnet(self) -> Path:
        """The file that records the subnet."""
        return self.data / "subnet"

    @property
    def network(self) -> Path:
        """The folder of the network."""
        return self.data / "network"

    @property
    def deployer(self) -> Path:
        """The folder of the deployer's Docker engine."""
        return self.data / "deployer"

    @property
    def deployer_socket(self) -> Path:
        """The socket of the deployer's Docker engine."""
        return self.deployer / "docker.sock"

    @property
    def hosts(self) -> Path:
        """The folders of the hosts."""
        return self.data / "hosts"

    @property
    def registry(self) -> Path:
        """The folder of the registry."""
        return self.data / "registry"

    @property
    def certificates(self) -> Path:
        """The folder of the certificates."""
        return self.data / "certificates"

    @property
    def acme(self) -> Path:
        """The folder of the ACME server."""
        return self.data / "acme"

    @property
    def agent_socket(self) -> Path:
        """The socket of the SSH agent."""
        return self.data / "agent.sock"

    @property
    def ssh_key(self) -> Path:
        """The deployer's private SSH key; the public key is beside it."""
        return self.data / "ssh" / "id_ed25519"

    @property
    def known_hosts(self) -> Path:
        """The host keys, as ssh reads them."""
        return self.data / "ssh" / "known_hosts"

    @property
    def pulumi_home(self) -> Path:
        """PULUMI_HOME: plugins, credentials and the selected stack."""
        return self.local / "pulumi"

    @property
    def pulumi_state(self) -> Path:
        """The folder that is Pulumi's backend."""
        return self.local / "state"

    @property
    def passphrase(self) -> Path:
        """The passphrase that encrypts the stack's secrets."""
        return self.local / "passphrase"

    @property
    def kamal_proxy(self) -> Path:
        """The kamal-proxy program, which dev.toolchain builds."""
        return self.local / "engine" / "bin" / "kamal-proxy"

    @property
    def pebble(self) -> Path:
        """The ACME server's program, which dev.toolchain builds."""
        return self.local / "engine" / "bin" / "pebble"

    @property
    def servers(self) -> Path:
        """The image with Redis and PostgreSQL, which is made once."""
        return self.local / "engine" / "servers.tar"

    @property
    def example(self) -> Path:
        """The sample app, as it comes with the project."""
        return self.project / "example"

    @property
    def app(self) -> Path:
        """The sample app's own Git repository. The user edits it, so `down` keeps it."""
        return self.local / "app"

    @property
    def full_example(self) -> Path:
        """The full example's app, as it comes with the project."""
        return self.project / "example-full"

    @property
    def full_app(self) -> Path:
        """The full example's own Git repository. `down` keeps it, too."""
        return self.local / "app-full"

    @property
    def full(self) -> Path:
        """The folder of the full example's certificate."""
        return self.data / "full"

    @cached_property
    def owner(self) -> tuple[int, int]:
        """User and group id of the person who runs the sandbox, also behind sudo; the files are theirs."""
        if os.geteuid() == 0 and "SUDO_UID" in os.environ:
            return int(os.environ["SUDO_UID"]), int(os.environ["SUDO_GID"])
        return os.geteuid(), os.getegid()
