"""Which of the sandbox's services answer."""

from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path

from dev.sandbox import agent, docker, host, registry
from dev.sandbox.inventory import Inventory
from dev.sandbox.paths import Paths


@dataclass(frozen=True)
class ServiceStatus:
    """A service, where it is, and whether it answers there."""

    name: str
    address: str
    up: bool


def check(paths: Paths, inventory: Inventory) -> list[ServiceStatus]:
    """Ask every service. Only root can ask a host's Docker engine."""
    server, deployer = inventory.registry.server, paths.deployer_socket
    services = [
        ServiceStatus("registry", f"https://{server}", registry.answers(paths, inventory.registry)),
        ServiceStatus("deployer", f"unix://{deployer}", docker.answers(deployer)),
        ServiceStatus("agent", str(paths.agent_socket), agent.holds_key(paths)),
    ]
    for entry in inventory.hosts:
        ssh, engine = host.answers(IPv4Address(entry.address)), docker.answers(Path(entry.docker_socket))
        services += [
            ServiceStatus(f"{entry.name} ssh", f"{entry.user}@{entry.address}", ssh),
            ServiceStatus(f"{entry.name} docker", entry.docker_socket, engine),
        ]
    return services
