"""One Docker host over SSH."""

import os
import socket
from collections.abc import Callable
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

from dev.sandbox import dockerd, network
from dev.sandbox.commands import run, wait_until
from dev.sandbox.files import make_folder, tail, write_file
from dev.sandbox.inventory import Host
from dev.sandbox.layout import Layout
from dev.sandbox.namespace import Namespace

MOST = 8
DOCKER_SOCKET = "/run/docker.sock"
SSHD_CONFIG = """\
ListenAddress {address}
HostKey {inside}/ssh/ssh_host_ed25519_key
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
    return f"web{number}"


def address_of(subnet: IPv4Network, number: int) -> IPv4Address:
    return subnet[network.FIRST_HOST + number - 1]


def user_of(number: int) -> str:
    """Odd hosts are reached as `deploy`, who is in the group docker, even ones as root: both must work."""
    return "deploy" if number % 2 else "root"


def up(
    layout: Layout,
    hub: Namespace,
    subnet: IPv4Network,
    number: int,
    etc: dict[str, str],
    public_key: str,
    say: Callable[[str], None],
) -> Host:
    """Make sure that host `number` (from 1) runs, with Docker and SSH, and lets `public_key` in."""
    name, user, address = name_of(number), user_of(number), address_of(subnet, number)
    folder = layout.hosts / name
    host_key = prepare_disk(layout, folder, user, address, public_key)
    part = dockerd.boot(layout, folder, user, etc, say)
    network.attach(hub, part, address, subnet.prefixlen)
    start_sshd(part, address, say)
    docker_socket = dockerd.up(layout, part, DOCKER_SOCKET, say)
    return Host(name, str(address), user, 22, host_key, str(docker_socket))


def prepare_disk(layout: Layout, folder: Path, user: str, address: IPv4Address, public_key: str) -> str:
    """Host key, sshd's settings, and `user`'s authorized_keys; returns the public host key without its comment."""
    key = folder / "ssh" / "ssh_host_ed25519_key"
    make_folder(layout, key.parent)
    if not key.with_suffix(".pub").exists():
        key.unlink(missing_ok=True)
        run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(key)])
    # sshd, which runs as root, refuses a host key that is another's.
    os.chown(key, 0, 0)
    write_file(
        layout,
        folder / "ssh" / "sshd_config",
        SSHD_CONFIG.format(address=address, inside=dockerd.INSIDE, user=user),
    )
    keys = folder / ("root" if user == "root" else f"home/{user}") / ".ssh" / "authorized_keys"
    if not keys.exists() or public_key not in keys.read_text():
        keys.parent.mkdir(parents=True, exist_ok=True)
        keys.write_text(public_key)
        for path, mode in ((keys, 0o600), (keys.parent, 0o700), (keys.parent.parent, 0o700)):
            path.chmod(mode)
    return key.with_suffix(".pub").read_text().strip()


def start_sshd(part: Namespace, address: IPv4Address, say: Callable[[str], None]) -> None:
    if answers(address):
        return
    say(f"{part.folder.name}: starting sshd")
    log = part.folder / "sshd.log"
    config = f"{dockerd.INSIDE}/ssh/sshd_config"
    part.start(["/usr/sbin/sshd", "-D", "-f", config, "-E", f"{dockerd.INSIDE}/sshd.log"], log)
    wait_until(lambda: answers(address), f"sshd of {part.folder.name} to answer", 10, lambda: tail(log))


def answers(address: IPv4Address) -> bool:
    """Whether an SSH server greets us."""
    try:
        with socket.create_connection((str(address), 22), timeout=2) as connection:
            # All of the greeting is read: what is left unread would be a reset connection in sshd's log.
            return connection.recv(255).startswith(b"SSH-")
    except OSError:
        return False
