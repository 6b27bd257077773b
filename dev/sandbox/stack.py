"""The stack `sandbox` of this clone's Pulumi project: the sample app on the sandbox's hosts."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from dev.sandbox import acme
from dev.sandbox.acme import AcmeServer
from dev.sandbox.commands import run
from dev.sandbox.inventory import Host, Inventory
from dev.sandbox.sandbox import Sandbox

STACK = "sandbox"
# The key of the registry's password among the stack's secrets.
KEY = "REGISTRY_PASSWORD"

APP = "hello"

# Set once, so that the user can change it.
INITIAL_CONFIG = {
    "service": APP,
    "image": f"acme/{APP}",
    "builder.context": ".local/app",
    "proxy.app_port": "8080",
    "env.clear.GREETING": "Hello from two Docker hosts",
}

NEXT_STEPS = """
Version {version} is running on {count} host{s}: {addresses}

Try next, in this folder:
    . .local/sandbox/env                      # Pulumi and the sandbox in this shell
    {curl}
    pulumi stack output                       # what runs where
    echo '<p>Edited</p>' >>.local/app/page.html && git -C .local/app commit -am Edited
    pulumi preview --diff                     # what the next deploy will do, host by host
    pulumi up                                 # deploys the edit; no request fails
    pulumi config set --path deploy:env.clear.GREETING Hi && pulumi up    # swaps containers, builds nothing
    pulumi config set deploy:version {version} && pulumi up    # roll back
    pulumi config rm deploy:version           # the next `pulumi up` deploys the newest version again
    make down                                 # remove everything
"""


def configure(sandbox: Sandbox, *, tls: bool = False) -> None:
    """Make the stack unless it is there, and set the present hosts and registry in its config.

    Args:
        sandbox: The running sandbox.
        tls: Whether the app is to be served over HTTPS. It stays so.
    """
    inventory = sandbox.inventory()
    pulumi(sandbox, "stack", "select", "--create", STACK)
    config = config_of(sandbox, STACK)
    # A key that is not set has the default that Pulumi.yaml declares, here the empty string.
    if not config.get("deploy:service", {}).get("value"):
        set_config(sandbox, STACK, INITIAL_CONFIG)
    hosts = inventory.hosts
    if tls or _has_tls(config):
        # Let's Encrypt asks for a proof at one host.
        hosts = hosts[:1]
        for number in reversed(range(1, len(config.get("deploy:servers", {}).get("objectValue", ())))):
            pulumi(sandbox, "config", "rm", "--stack", STACK, "--path", f"servers[{number}]")
        set_config(sandbox, STACK, tls_config(sandbox.acme_server(), hosts[0]))
    servers = {f"servers[{number}]": host.address for number, host in enumerate(hosts)}
    base = {"builder.args.BASE": inventory.base_image}
    set_config(sandbox, STACK, {**base, **servers, **ssh_config(hosts), **registry_config("registry", inventory)})
    set_secrets(sandbox, STACK, registry_secret(inventory))


def tls_config(server: AcmeServer, host: Host) -> dict[str, str]:
    """Return the config with which kamal-proxy gets a certificate from the sandbox's ACME server."""
    options = {f"proxy.run.options.{option}": value for option, value in server.proxy_options.items()}
    return {"proxy.host": acme.name_for(host.address, APP), "proxy.ssl": "true", **options}


def _has_tls(config: Mapping[str, Any]) -> bool:
    return config.get("deploy:proxy", {}).get("objectValue", {}).get("ssl") in (True, "true")


def config_of(sandbox: Sandbox, stack: str) -> dict[str, Any]:
    """Return what `pulumi config` tells of a stack, secrets included."""
    return dict(json.loads(pulumi(sandbox, "config", "--stack", stack, "--json", "--show-secrets")))


def ssh_config(hosts: Sequence[Host]) -> dict[str, str]:
    """Return the config that says how hosts are reached."""
    users = {f'ssh.users["{host.address}"]': host.user for host in hosts}
    return users | {f'ssh.host_keys["{host.address}"]': host.host_key for host in hosts}


def registry_config(path: str, inventory: Inventory) -> dict[str, str]:
    """Return the config that names the registry, without the password.

    Args:
        path: The key of the registry's settings.
        inventory: What the sandbox offers.
    """
    return {
        f"{path}.server": inventory.registry.server,
        f"{path}.username": inventory.registry.username,
        f"{path}.password[0]": KEY,
    }


def registry_secret(inventory: Inventory) -> dict[str, str]:
    """Return the registry's password by the name of its secret."""
    return {KEY: Path(inventory.registry.password_file).read_text()}


def set_config(sandbox: Sandbox, stack: str, config: Mapping[str, str]) -> None:
    """Set several keys of a stack's config, given as paths."""
    words = [word for key, value in config.items() for word in ("--plaintext", f"{key}={value}")]
    pulumi(sandbox, "config", "set-all", "--stack", stack, "--path", *words)


def set_secrets(sandbox: Sandbox, stack: str, secrets: Mapping[str, str]) -> None:
    """Set secrets of a stack that are not set yet, or otherwise: setting one encrypts it anew, and so changes the file."""
    present = config_of(sandbox, stack).get("deploy:secrets", {}).get("objectValue", {})
    for name, value in secrets.items():
        if present.get(name) != value:
            words = ["config", "set", "--stack", stack, "--secret", "--path", f"secrets.{name}"]
            pulumi(sandbox, *words, stdin=value)


def next_steps(sandbox: Sandbox) -> str:
    """Return what runs and what to try, which `make up` prints at its end."""
    outputs = outputs_of(sandbox, STACK)
    addresses, hosts = outputs["addresses"], list(outputs["hosts"])
    return NEXT_STEPS.format(
        version=outputs["version"],
        count=len(hosts),
        s="s" if len(hosts) > 1 else "",
        addresses=" ".join(addresses),
        curl=curl(sandbox, addresses[0], hosts[0]),
    )


def curl(sandbox: Sandbox, address: str, host: str) -> str:
    """Return the command that asks the app for its version, in the project's folder.

    Args:
        sandbox: The running sandbox.
        address: Where the app answers.
        host: The address of a host that it runs on.
    """
    url = urlsplit(address)
    if url.scheme != "https":
        return f"curl {address}/version"
    root = sandbox.acme_server().root.relative_to(sandbox.paths.project)
    return f"curl --cacert {root} --resolve {url.hostname}:443:{host} {address}/version"


def outputs_of(sandbox: Sandbox, stack: str) -> dict[str, Any]:
    """Return a stack's outputs."""
    return dict(json.loads(pulumi(sandbox, "stack", "output", "--stack", stack, "--json")))


def pulumi(sandbox: Sandbox, *arguments: str, stdin: str = "") -> str:
    """Run a Pulumi command in the sandbox's environment, whatever this process's is, and return its output."""
    words = ["pulumi", "--non-interactive", *arguments]
    return run(words, stdin=stdin, env=sandbox.environment(), cwd=sandbox.paths.project)
