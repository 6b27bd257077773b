"""The stack `sandbox` of the program in this folder: the sample app on the sandbox's hosts.

`python3 -m dev.sandbox.stack` makes it or brings its config up to date; with `--next` it says what runs and what to try.
"""

import json
import subprocess
import sys
from pathlib import Path

from dev.sandbox.errors import SandboxError
from dev.sandbox.inventory import Inventory
from dev.sandbox.sandbox import Sandbox

STACK = "sandbox"

# What the user may change after the first `make up`, and the sandbox does not set again.
FIRST = {
    "service": "hello",
    "image": "acme/hello",
    "builder.context": ".local/app",
    "proxy.app_port": "8080",
    "env.clear.GREETING": "Hello from two Docker hosts",
}


def ensure(inventory: Inventory) -> None:
    """Make the stack if it is not there, and tell it the sandbox's present hosts and registry."""
    made = _pulumi("stack", "select", STACK, check=False).returncode != 0
    if made:
        _pulumi("stack", "init", STACK)
        _set(FIRST)
    _set({"builder.args.BASE": inventory.base_image, **_hosts(inventory), **_registry(inventory)})
    password = Path(inventory.registry.password_file).read_text().strip()
    known = _pulumi("config", "get", "--path", "secrets.REGISTRY_PASSWORD", check=False).stdout.strip()
    if known != password:
        _pulumi("config", "set", "--secret", "--path", "secrets.REGISTRY_PASSWORD", stdin=password)


def _hosts(inventory: Inventory) -> dict[str, str]:
    settings = {f"servers[{number}]": host.address for number, host in enumerate(inventory.hosts)}
    for host in inventory.hosts:
        settings[f'ssh.users["{host.address}"]'] = host.user
        settings[f'ssh.host_keys["{host.address}"]'] = host.host_key
    return settings


def _registry(inventory: Inventory) -> dict[str, str]:
    registry = inventory.registry
    return {
        "registry.server": registry.server,
        "registry.username": registry.username,
        "registry.password[0]": "REGISTRY_PASSWORD",
    }


def _set(settings: dict[str, str]) -> None:
    words = [word for key, value in settings.items() for word in ("--plaintext", f"{key}={value}")]
    _pulumi("config", "set-all", "--path", *words)


def next_steps() -> str:
    """What runs, and what to try: the last thing that `make up` says."""
    outputs = json.loads(_pulumi("stack", "output", "--json").stdout)
    addresses = outputs["addresses"]
    return f"""
Version {outputs["version"]} is up on {len(outputs["hosts"])} hosts: {" ".join(addresses)}

Try next, in this folder:
    . .local/env                              # Pulumi and the sandbox in this shell
    curl {addresses[0]}/version
    pulumi stack output                       # what runs where
    echo '<p>Edited</p>' >>.local/app/page.html && git -C .local/app commit -am Edited
    pulumi preview --diff                     # what the next deploy will do, host by host
    pulumi up                                 # the edit goes live, no request fails
    pulumi config set --path env.clear.GREETING Hi && pulumi up    # no build, containers swapped
    pulumi config set version {outputs["version"]} && pulumi up    # roll back
    pulumi config rm version                  # and forward again with the next `pulumi up`
    make down                                 # remove everything
"""


def _pulumi(*arguments: str, check: bool = True, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    words = ["pulumi", "--non-interactive", *arguments]
    if arguments[0] == "config":
        words += ["--stack", STACK]
    done = subprocess.run(words, input=stdin, capture_output=True, text=True, timeout=60)
    if check and done.returncode:
        raise SandboxError(f"`pulumi {' '.join(arguments[:2])}` failed: {done.stderr.strip() or done.stdout.strip()}")
    return done


if __name__ == "__main__":
    try:
        if "--next" in sys.argv:
            print(next_steps())
        else:
            ensure(Sandbox().inventory())
    except SandboxError as error:
        sys.exit(f"sandbox: {error}")
