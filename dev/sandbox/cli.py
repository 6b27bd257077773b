"""The sandbox's commands."""

import argparse
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence

from dev.sandbox.errors import SandboxError
from dev.sandbox.sandbox import Sandbox

ELSEWHERE = """\
The sandbox needs Linux and root (or sudo without a question): {problem}.
To deploy to servers of your own instead:

    pulumi stack init prod
    edit Pulumi.prod.yaml
    pulumi up
"""


def main(arguments: Sequence[str]) -> int:
    """Run one command; returns the exit status."""
    options = parse(arguments)
    started = time.monotonic()
    try:
        if options.command != "env":
            become_root(arguments)
        sandbox = Sandbox(say=say)
        COMMANDS[options.command](sandbox, options)
    except SandboxError as error:
        print(f"sandbox: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("sandbox: interrupted; `up` goes on from here, `down` removes all of it.", file=sys.stderr)
        return 130
    if options.command in ("up", "down"):
        print(f"sandbox: {options.command} in {time.monotonic() - started:.1f} s", flush=True)
    return 0


def say(line: str) -> None:
    """One write a line: hosts start side by side."""
    sys.stdout.write(f"sandbox: {line}\n")
    sys.stdout.flush()


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python3 -m dev.sandbox", description="Docker hosts on this machine.")
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="start or repair the sandbox")
    up.add_argument("--hosts", type=int, metavar="N", help="1 to 8 hosts (as many as there are, or 2)")
    commands.add_parser("down", help="remove all of it")
    commands.add_parser("status", help="what there is and how it does")
    commands.add_parser("env", help="the environment to deploy with, for `eval` in a shell")
    return parser.parse_args(arguments)


def up(sandbox: Sandbox, options: argparse.Namespace) -> None:
    inventory = sandbox.up(options.hosts)
    for host in inventory.hosts:
        print(f"  {host.name}      ssh {host.user}@{host.address}")
    print(f"  registry  {inventory.registry.server}")


def down(sandbox: Sandbox, _: argparse.Namespace) -> None:
    sandbox.down()


def status(sandbox: Sandbox, _: argparse.Namespace) -> None:
    for part in sandbox.status():
        print(f"{part.name:12} {'up  ' if part.up else 'DOWN'}  {part.address}")


def env(sandbox: Sandbox, _: argparse.Namespace) -> None:
    sandbox.inventory()
    print(sandbox.layout.env.read_text(), end="")


COMMANDS = {"up": up, "down": down, "status": status, "env": env}


def become_root(arguments: Sequence[str]) -> None:
    """Go on as root, through sudo where need be. Raises SandboxError where that is not possible."""
    if sys.platform != "linux":
        raise SandboxError(ELSEWHERE.format(problem=f"this is {platform.system()}"))
    if os.geteuid() == 0:
        return
    sudo = shutil.which("sudo")
    if not sudo or subprocess.run([sudo, "-n", "true"], capture_output=True, timeout=10).returncode:
        raise SandboxError(ELSEWHERE.format(problem="you are not root, and `sudo -n true` does not work"))
    os.execv(sudo, [sudo, "-n", sys.executable, "-m", "sandbox", *arguments])
