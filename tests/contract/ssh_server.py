"""A real OpenSSH server and agent on the loopback interface."""

import contextlib
import getpass
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from dev.sandbox.agent import listens

START_LIMIT = 10.0  # seconds


@dataclass(frozen=True)
class SshServer:
    """A running sshd that accepts one key of the user who runs the tests.

    Attributes:
        host_key: Its public ed25519 key, as a line of authorized_keys.
        ecdsa_host_key: Its public ECDSA key, likewise.
        private_key: The contents of the file of the key that it accepts.
        agent_socket: The socket of an SSH agent that holds this key.
    """

    port: int
    user: str
    host_key: str
    ecdsa_host_key: str
    private_key: str
    agent_socket: str
    log: Path

    def logins(self) -> int:
        """Return how many logins the server has accepted so far."""
        return self.log.read_text().count("Accepted publickey")

    def connections(self) -> int:
        """Return how many clients have connected so far, logged in or not."""
        return self.log.read_text().count("Connection from")


@contextlib.contextmanager
def running_ssh_server(directory: Path, *options: str) -> Iterator[SshServer]:
    """Run an sshd and an ssh-agent whose files are all in `directory`, and end both afterwards.

    Args:
        directory: An empty folder.
        options: Further lines of sshd_config.

    Raises:
        RuntimeError: A program is missing.
        TimeoutError: A program does not start within 10 seconds.
    """
    host_key = new_key(directory / "host_key")
    ecdsa_host_key = new_key(directory / "ecdsa_host_key", "ecdsa")
    user_key = new_key(directory / "user_key")
    port, log = unused_port(), directory / "sshd.log"
    log.touch()
    config = directory / "sshd_config"
    config.write_text(
        f"ListenAddress 127.0.0.1\nPort {port}\nHostKey {host_key}\nHostKey {ecdsa_host_key}\nPidFile none\n"
        f"AuthorizedKeysFile {user_key}.pub\nStrictModes no\nPasswordAuthentication no\n"
        "KbdInteractiveAuthentication no\nUsePAM no\nLogLevel VERBOSE\n" + "".join(f"{line}\n" for line in options)
    )
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # sshd does not start as root without it
    with (
        _running([_program("sshd"), "-D", "-e", "-f", config], log),
        running_agent(directory, user_key) as agent_socket,
    ):
        _wait_for(lambda: "Server listening" in log.read_text(), f"sshd, see {log}")
        yield SshServer(
            port=port,
            user=getpass.getuser(),
            host_key=_public_key(host_key),
            ecdsa_host_key=_public_key(ecdsa_host_key),
            private_key=user_key.read_text(),
            agent_socket=agent_socket,
            log=log,
        )


@contextlib.contextmanager
def running_agent(directory: Path, *keys: Path) -> Iterator[str]:
    """Run an ssh-agent that has these keys, and give its socket."""
    path = directory / "agent.sock"
    with _running([_program("ssh-agent"), "-D", "-a", path], directory / "agent.log"):
        _wait_for(lambda: listens(path), f"ssh-agent at {path}")
        subprocess.run(["ssh-add", "-q", *keys], check=True, env={**os.environ, "SSH_AUTH_SOCK": str(path)})
        yield str(path)


def new_public_key(directory: Path) -> str:
    """Return a public key that belongs to no host, as a line of authorized_keys."""
    return _public_key(new_key(directory / "other_key"))


def new_key(file: Path, key_type: str = "ed25519", *, passphrase: str = "", comment: str = "") -> Path:
    """Make a pair of keys, and return the file of the private one."""
    subprocess.run(["ssh-keygen", "-q", "-t", key_type, "-N", passphrase, "-C", comment, "-f", file], check=True)
    return file


def _public_key(private_key_file: Path) -> str:
    return Path(f"{private_key_file}.pub").read_text().strip()


@contextlib.contextmanager
def _running(command: list[str | Path], log: Path) -> Iterator[None]:
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=START_LIMIT)


def _program(name: str) -> str:
    path = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")
    if path is None:
        raise RuntimeError(f"{name} is missing: apt-get install openssh-server openssh-client")
    return path


def unused_port() -> int:
    """Return a port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + START_LIMIT
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} has not started within {START_LIMIT:.0f} seconds")
        time.sleep(0.02)
