"""The sandbox's command line."""

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

UNSUPPORTED = """\
The sandbox needs Linux, and root or sudo without a password: {problem}.
You can still deploy to servers of your own: see "Deploy to your own servers" in README.md."""


def main(arguments: Sequence[str]) -> int:
    """Run a command and return its exit status."""
    options = parse(arguments)
    started = time.monotonic()
    try:
        if options.command != "env":
            become_root(arguments)
        COMMANDS[options.command](Sandbox(say=say), options)
    # The lock raises TimeoutError.
    except (SandboxError, TimeoutError) as error:
        print(f"sandbox: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("sandbox: interrupted. `up` continues from here, `down` removes everything.", file=sys.stderr)
        return 130
    if options.command in ("up", "down"):
        say(f"{options.command} in {time.monotonic() - started:.1f} s")
    return 0


def say(line: str) -> None:
    """Print a line in one write, as several threads print."""
    sys.stdout.write(f"sandbox: {line}\n")
    sys.stdout.flush()


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(prog="python -m dev.sandbox", description="Docker hosts on this computer.")
    commands = parser.add_subparsers(dest="command", required=True)
    up_parser = commands.add_parser("up", help="start the sandbox, or what of it is not running")
    up_parser.add_argument("--hosts", type=int, metavar="N", help="1 to 8 hosts (default: as many as there are, or 2)")
    up_parser.add_argument("--tls", action="store_true", help="also an ACME server in the place of Let's Encrypt")
    commands.add_parser("down", help="remove the sandbox")
    commands.add_parser("status", help="list the services and whether they answer")
    commands.add_parser("env", help="print the environment to deploy with, for `eval` in a shell")
    return parser.parse_args(arguments)


def up(sandbox: Sandbox, options: argparse.Namespace) -> None:
    """Start the sandbox and print where its hosts and registry are."""
    inventory = sandbox.up(options.hosts)
    for host in inventory.hosts:
        print(f"  {host.name}      ssh {host.user}@{host.address}")
    print(f"  registry  {inventory.registry.server}")
    if options.tls:
        print(f"  acme      {sandbox.acme_server().address}")


def down(sandbox: Sandbox, _: argparse.Namespace) -> None:
    """Remove the sandbox."""
    sandbox.down()


def status(sandbox: Sandbox, _: argparse.Namespace) -> None:
    """Print the services and whether they answer."""
    for service in sandbox.status():
        print(f"{service.name:12} {'up  ' if service.up else 'DOWN'}  {service.address}")


def env(sandbox: Sandbox, _: argparse.Namespace) -> None:
    """Print the environment to deploy with."""
    sandbox.inventory()
    print(sandbox.paths.environment.read_text(), end="")


COMMANDS = {"up": up, "down": down, "status": status, "env": env}


def become_root(arguments: Sequence[str]) -> None:
    """Replace this process by the same command as root, through sudo, unless it runs as root.

    Raises:
        SandboxError: That is not possible here.
    """
    if sys.platform != "linux":
        raise SandboxError(UNSUPPORTED.format(problem=f"this is {platform.system()}"))
    if os.geteuid() == 0:
        return
    sudo = shutil.which("sudo")
    if not sudo or subprocess.run([sudo, "-n", "true"], capture_output=True, timeout=10).returncode:
        raise SandboxError(UNSUPPORTED.format(problem="you are not root, and `sudo -n true` fails"))
    os.execv(sudo, [sudo, "-n", sys.executable, "-m", "dev.sandbox", *arguments])
