"""Where a sandbox keeps its files and what its parts are called."""

import hashlib
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path


@dataclass(frozen=True)
class Layout:
    """Paths and names of the sandbox that belongs to one copy of the project.

    `project` is the project's folder, resolved. Names hold a hash of it, so that two clones never clash.
    """

    project: Path

    @cached_property
    def state(self) -> Path:
        """Everything that `down` removes."""
        return self.project / ".local" / "sandbox"

    @cached_property
    def name(self) -> str:
        """Name of the network interface and of the cgroup on this machine. The kernel allows 15 characters."""
        return "kp-" + hashlib.sha256(str(self.state).encode()).hexdigest()[:8]

    @property
    def lock(self) -> Path:
        """Held while `up` or `down` works. Not in `state`, which `down` removes."""
        return self.project / ".local" / "sandbox.lock"

    @property
    def inventory(self) -> Path:
        return self.state / "sandbox.json"

    @property
    def env(self) -> Path:
        return self.state / "env"

    @property
    def subnet(self) -> Path:
        return self.state / "subnet"

    @property
    def network(self) -> Path:
        return self.state / "network"

    @property
    def deployer(self) -> Path:
        return self.state / "deployer"

    @property
    def deployer_socket(self) -> Path:
        return self.deployer / "docker.sock"

    @property
    def hosts(self) -> Path:
        return self.state / "hosts"

    @property
    def registry(self) -> Path:
        return self.state / "registry"

    @property
    def certificates(self) -> Path:
        return self.state / "certificates"

    @property
    def agent_socket(self) -> Path:
        return self.state / "agent.sock"

    @property
    def key(self) -> Path:
        """The deployer's SSH key; `.pub` beside it."""
        return self.state / "ssh" / "id_ed25519"

    @property
    def known_hosts(self) -> Path:
        return self.state / "ssh" / "known_hosts"

    @property
    def kamal_proxy(self) -> Path:
        """The binary that the engine step builds."""
        return self.project / ".local" / "engine" / "bin" / "kamal-proxy"

    @property
    def example(self) -> Path:
        return self.project / "example"

    @property
    def app(self) -> Path:
        """The sample app's own git repository. The user edits it, so `down` leaves it."""
        return self.project / ".local" / "app"

    @cached_property
    def owner(self) -> tuple[int, int]:
        """User and group id of the person who runs us, behind sudo too: what is made for them is theirs."""
        if os.geteuid() == 0 and "SUDO_UID" in os.environ:
            return int(os.environ["SUDO_UID"]), int(os.environ["SUDO_GID"])
        return os.geteuid(), os.getegid()
