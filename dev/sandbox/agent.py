"""The sandbox's own SSH agent, with a key made for it."""

import os
import socket
from collections.abc import Callable
from pathlib import Path

from dev.sandbox.commands import run, wait_until
from dev.sandbox.errors import SandboxError
from dev.sandbox.files import make_folder, tail
from dev.sandbox.network import Network
from dev.sandbox.paths import Paths


def up(paths: Paths, network: Network, say: Callable[[str], None]) -> None:
    """Make the key unless it is there, and start the agent unless it holds the key.

    The agent runs as the user, since it answers to nobody else but root.
    """
    if not paths.ssh_key.with_suffix(".pub").exists():
        make_folder(paths, paths.ssh_key.parent)
        paths.ssh_key.unlink(missing_ok=True)
        words = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "sandbox", "-f", str(paths.ssh_key)]
        run(words, user=paths.owner)
    if holds_key(paths):
        return
    say("agent: starting ssh-agent")
    paths.agent_socket.unlink(missing_ok=True)
    user, group = paths.owner
    log = paths.network / "agent.log"
    as_user = ["setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups"]
    network.bridge.start([*as_user, "ssh-agent", "-D", "-a", str(paths.agent_socket)], log, ["--pid"])
    wait_until(paths.agent_socket.exists, "ssh-agent to listen", 5, lambda: tail(log))
    run(["ssh-add", "-q", str(paths.ssh_key)], env=environment(paths), user=paths.owner, timeout=10)


def listens(path: Path) -> bool:
    """Return whether an agent listens on a socket. It makes the socket a moment before."""
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(path)) == 0


def public_key(paths: Paths) -> str:
    """Return the public key, as a line of authorized_keys."""
    return paths.ssh_key.with_suffix(".pub").read_text()


def holds_key(paths: Paths) -> bool:
    """Return whether the agent answers and holds the key."""
    try:
        keys = run(["ssh-add", "-L"], env=environment(paths), user=paths.owner, timeout=5)
    except SandboxError:
        return False  # There is no agent, or it holds no key at all.
    return public_key(paths).split()[1] in keys


def environment(paths: Paths) -> dict[str, str]:
    """Return the whole environment of a program that uses the agent."""
    return {"PATH": os.environ["PATH"], "SSH_AUTH_SOCK": str(paths.agent_socket)}
