"""An SSH agent of the sandbox's own, with a key made for it."""

import os
from collections.abc import Callable

from dev.sandbox.commands import run, wait_until
from dev.sandbox.errors import SandboxError
from dev.sandbox.files import make_folder, tail
from dev.sandbox.layout import Layout
from dev.sandbox.namespace import Namespace


def public_key(layout: Layout) -> str:
    """The key's public half as in authorized_keys; the key is made when there is none."""
    public = layout.key.with_suffix(".pub")
    if not public.exists():
        make_folder(layout, layout.key.parent)
        layout.key.unlink(missing_ok=True)
        argv = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "sandbox", "-f", str(layout.key)]
        run(argv, user=layout.owner)
    return public.read_text()


def up(layout: Layout, hub: Namespace, say: Callable[[str], None]) -> None:
    """Make sure that the agent runs and holds the key. It answers only to whom it runs as: the user."""
    key = public_key(layout).split()[1]
    if holds(layout, key):
        return
    say("agent: starting ssh-agent")
    layout.agent_socket.unlink(missing_ok=True)
    user, group = layout.owner
    log = layout.network / "agent.log"
    hub.start(
        [
            "setpriv",
            f"--reuid={user}",
            f"--regid={group}",
            "--clear-groups",
            "ssh-agent",
            "-D",
            "-a",
            str(layout.agent_socket),
        ],
        log,
        ["--pid"],
    )
    wait_until(layout.agent_socket.exists, "ssh-agent to listen", 5, lambda: tail(log))
    run(["ssh-add", "-q", str(layout.key)], env=environment(layout), user=layout.owner, timeout=10)


def holds(layout: Layout, key: str) -> bool:
    """Whether the agent answers and has `key`, the middle word of a public key's line."""
    try:
        return key in run(["ssh-add", "-L"], env=environment(layout), user=layout.owner, timeout=5)
    except SandboxError:
        return False  # No agent, or an empty one.


def environment(layout: Layout) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "SSH_AUTH_SOCK": str(layout.agent_socket)}
