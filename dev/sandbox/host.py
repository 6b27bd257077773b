"""A Docker host reached over SSH."""

import os
import socket
from collections.abc import Callable, Mapping
from ipaddress import IPv4Address
from pathlib import Path

from dev.sandbox import dockerd, machine
from dev.sandbox.commands import run, wait_until
from dev.sandbox.files import make_folder, tail, write_file
from dev.sandbox.inventory import Host
from dev.sandbox.namespaces import Namespace
from dev.sandbox.network import Network
from dev.sandbox.paths import Paths

MAX_HOSTS = 8
SSH_PORT = 22
DOCKER_SOCKET = "/run/docker.sock"
SSHD_CONFIG = """\
Port {port}
ListenAddress {address}
HostKey {disk}/ssh/ssh_host_ed25519_key
PidFile /run/sshd.pid
AllowUsers {user}
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
PrintMotd no
Subsystem sftp internal-sftp
"""


def name_of(number: int) -> str:
    """Return the name of a host, counted from 1."""
    return f"web{number}"


def user_of(number: int) -> str:
    """Return the user to log in as: `deploy`, who is in the group docker, or root. Deploys must work as either."""
    return "deploy" if number % 2 else "root"


def up(
    paths: Paths,
    network: Network,
    number: int,
    etc_files: Mapping[str, str],
    public_key: str,
    say: Callable[[str], None],
) -> Host:
    """Start what of a host is not running: the machine, its SSH server, its Docker engine.

    Args:
        paths: The sandbox's paths.
        network: The running network.
        number: Which host, counted from 1.
        etc_files: Files for its /etc, by their path there.
        public_key: The key that may log in, as a line of authorized_keys.
        say: Prints a line.
    """
    name, user, address = name_of(number), user_of(number), network.host(number)
    folder = paths.hosts / name
    host_key = prepare_disk(paths, folder, user, address, public_key)
    booted = machine.boot(paths, folder, etc_files, say, user)
    network.attach(booted, address)
    start_sshd(booted, address, say)
    docker_socket = dockerd.up(paths, booted, DOCKER_SOCKET, say)
    return Host(name, str(address), user, SSH_PORT, host_key, str(docker_socket))


def prepare_disk(paths: Paths, folder: Path, user: str, address: IPv4Address, public_key: str) -> str:
    """Write the host key, sshd's configuration and authorized_keys; return the public host key without a comment."""
    key = folder / "ssh" / "ssh_host_ed25519_key"
    make_folder(paths, key.parent)
    if not key.with_suffix(".pub").exists():
        key.unlink(missing_ok=True)
        run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(key)])
    # sshd runs as root and refuses a host key that belongs to somebody else.
    os.chown(key, 0, 0)
    config = SSHD_CONFIG.format(port=SSH_PORT, address=address, disk=machine.DISK, user=user)
    write_file(paths, folder / "ssh" / "sshd_config", config)
    keys = folder / ("root" if user == "root" else f"home/{user}") / ".ssh" / "authorized_keys"
    if not keys.exists() or public_key not in keys.read_text():
        keys.parent.mkdir(parents=True, exist_ok=True)
        keys.write_text(public_key)
        for path, mode in ((keys, 0o600), (keys.parent, 0o700), (keys.parent.parent, 0o700)):
            path.chmod(mode)
    return key.with_suffix(".pub").read_text().strip()


def start_sshd(booted: Namespace, address: IPv4Address, say: Callable[[str], None]) -> None:
    """Start the SSH server unless it answers."""
    if answers(address):
        return
    name, log = booted.folder.name, booted.folder / "sshd.log"
    say(f"{name}: starting sshd")
    config = f"{machine.DISK}/ssh/sshd_config"
    booted.start(["/usr/sbin/sshd", "-D", "-f", config, "-E", f"{machine.DISK}/sshd.log"], log)
    wait_until(lambda: answers(address), f"sshd of {name} to answer", 10, lambda: tail(log))


def answers(address: IPv4Address) -> bool:
    """Return whether an SSH server greets us."""
    try:
        with socket.create_connection((str(address), SSH_PORT), timeout=2) as connection:
            # The greeting is read whole: sshd would log unread bytes as a reset connection.
            return connection.recv(255).startswith(b"SSH-")
    except OSError:
        return False
