"""The sandbox's network: a bridge in a network namespace, and one interface on this computer.

Nothing is forwarded out of it, and no firewall rule of this computer is touched.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

from dev.lock import exclusive_lock
from dev.sandbox import namespaces
from dev.sandbox.commands import run, wait_until
from dev.sandbox.errors import SandboxError
from dev.sandbox.files import make_folder, write_file
from dev.sandbox.namespaces import IDLE, Namespace
from dev.sandbox.paths import Paths

BRIDGE = "bridge"
# The bridge's end of the pair of interfaces whose other end is on this computer.
UPLINK = "machine"


@dataclass(frozen=True)
class Network:
    """The running network.

    Attributes:
        bridge: The namespace with the bridge. Registry and SSH agent run there.
        subnet: The /24 that all addresses are in.
    """

    bridge: Namespace
    subnet: IPv4Network

    @property
    def registry(self) -> IPv4Address:
        """The registry's address, which is the bridge's."""
        return self.subnet[2]

    @property
    def deployer(self) -> IPv4Address:
        """The address of the deployer's Docker engine."""
        return self.subnet[3]

    def host(self, number: int) -> IPv4Address:
        """Return the address of a host, counted from 1."""
        return self.subnet[10 + number]

    def attach(self, namespace: Namespace, address: IPv4Address) -> None:
        """Connect a namespace to the bridge as `address`."""
        port = namespace.folder.name
        if not namespace.has_interface("eth0"):
            wait_until(lambda: not self.bridge.has_interface(port), f"the kernel to remove the old port {port}", 20)
            ip(f"link add eth0 netns {namespace.pid} type veth peer name {port} netns {self.bridge.pid}\n")
        self.bridge.ip(f"link set {port} master {BRIDGE} up\n")
        namespace.ip(set_address("eth0", address, self.subnet))


def up(paths: Paths, say: Callable[[str], None]) -> Network:
    """Make the bridge and this computer's interface unless they are there."""
    make_folder(paths, paths.network)
    bridge = namespaces.find(paths.network, "/")
    if not bridge:
        say("network: making the bridge")
        bridge = namespaces.boot(paths.network, ["--net", "--pid"], IDLE, "/")
    network = Network(bridge, attach_this_computer(paths, bridge, say))
    bridge.ip(
        "link set lo up\n"
        + ("" if bridge.has_interface(BRIDGE) else f"link add {BRIDGE} type bridge\n")
        + set_address(BRIDGE, network.registry, network.subnet)
        + f"link set {UPLINK} master {BRIDGE} up\n"
    )
    return network


def attach_this_computer(paths: Paths, bridge: Namespace, say: Callable[[str], None]) -> IPv4Network:
    """Give this computer an interface to the bridge, and return the subnet: the recorded one, or a free one."""
    # Two clones that start at once must not choose the same subnet. Locking a folder leaves no file behind.
    with exclusive_lock(Path("/run"), waiting_for="another sandbox to choose its subnet", limit=20, say=say):
        taken = taken_subnets(paths.name)
        if not paths.subnet.exists():
            write_file(paths, paths.subnet, f"{choose_subnet(paths.name, taken)}\n")
        subnet = IPv4Network(paths.subnet.read_text().strip())
        if any(subnet.overlaps(other) for other in taken):
            raise SandboxError(
                f"The sandbox's subnet {subnet} is now used by something else. Run `make down`, then `make up`."
            )
        if not bridge.has_interface(UPLINK):
            own = Path("/sys/class/net") / paths.name
            wait_until(lambda: not own.exists(), f"the kernel to remove the old {paths.name}", 20)
            ip(f"link add {paths.name} type veth peer name {UPLINK} netns {bridge.pid}\n")
        ip(set_address(paths.name, subnet[1], subnet))
        return subnet


def choose_subnet(name: str, taken: list[IPv4Network]) -> IPv4Network:
    """Return a free /24. The hex digits at the end of `name` decide where the search begins.

    198.18.0.0/15 is reserved for network tests (RFC 2544); it is for computers that route all of 10.0.0.0/8.
    """
    start = int(name[-2:], 16)
    for first in ("10.213", "198.18"):
        for step in range(256):
            candidate = IPv4Network(f"{first}.{(start + step) % 256}.0/24")
            if not any(candidate.overlaps(other) for other in taken):
                return candidate
    raise SandboxError("There is no free subnet: 10.213.0.0/16 and 198.18.0.0/16 are both used on this computer.")


def taken_subnets(own: str) -> list[IPv4Network]:
    """Return the subnets that this computer routes to, except by default or through the interface `own`."""
    routes = json.loads(run(["ip", "-json", "-4", "route", "show", "table", "all"]))
    return [IPv4Network(r["dst"]) for r in routes if r["dst"] != "default" and r.get("dev") != own]


def ip(commands: str) -> None:
    """Run `ip` commands, one a line, in this computer's own network."""
    run(["ip", "-batch", "-"], stdin=commands)


def set_address(interface: str, address: IPv4Address, subnet: IPv4Network) -> str:
    """Return the `ip` commands that bring up an interface as `address`.

    The hardware address follows from it, so a host that is started again is found at once. With a random one its
    neighbours would look for it under the old one until they forget that.
    """
    hardware = ":".join(f"{byte:02x}" for byte in (0x02, 0x4B, *address.packed))
    return (
        f"link set {interface} address {hardware}\n"
        f"address replace {address}/{subnet.prefixlen} dev {interface}\n"
        f"link set {interface} up\n"
    )


def down(paths: Paths) -> None:
    """Remove this computer's interface. The kernel removes it with the bridge's namespace, but only a moment later."""
    if Path(f"/sys/class/net/{paths.name}").exists():
        try:
            ip(f"link delete {paths.name}\n")
        except SandboxError:
            if Path(f"/sys/class/net/{paths.name}").exists():
                raise
