"""The sandbox's network: a bridge in a namespace of its own, and one interface on this machine.

Addresses in a /24: .1 this machine, .2 the registry, .3 the deployer's Docker engine, .11 and up the hosts. There is
no way out of it: nothing is forwarded, and no firewall rule of this machine is touched.
"""

import json
from collections.abc import Callable
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

from dev.sandbox import namespace
from dev.sandbox.commands import run, wait_until
from dev.sandbox.errors import SandboxError
from dev.sandbox.files import make_folder, write_file
from dev.sandbox.layout import Layout
from dev.sandbox.locks import locked
from dev.sandbox.namespace import IDLE, Namespace

MACHINE, REGISTRY, DEPLOYER, FIRST_HOST = 1, 2, 3, 11
BRIDGE = "bridge"


def up(layout: Layout, say: Callable[[str], None]) -> tuple[Namespace, IPv4Network]:
    """Make sure that bridge and interface are there; returns the bridge's namespace and the subnet."""
    make_folder(layout, layout.network)
    hub = namespace.find(layout.network, "/")
    if not hub:
        say("network: making the bridge")
        hub = namespace.boot(layout.network, ["--net", "--pid"], IDLE, "/")
    subnet = attach_machine(layout, hub)
    hub.ip(
        "link set lo up\n"
        + ("" if hub.has_interface(BRIDGE) else f"link add {BRIDGE} type bridge\n")
        + set_address(BRIDGE, subnet[REGISTRY], subnet.prefixlen)
        + f"link set machine master {BRIDGE} up\n"
    )
    return hub, subnet


def attach_machine(layout: Layout, hub: Namespace) -> IPv4Network:
    """Give this machine an interface on the bridge, and return the subnet: the recorded one, or a free one."""
    # Two clones that come up at once must not choose the same subnet. A lock on a folder leaves no file behind.
    with locked(Path("/run"), "another sandbox to choose its subnet", 20):
        taken = taken_networks(layout.name)
        if not layout.subnet.exists():
            write_file(layout, layout.subnet, f"{choose(layout.name, taken)}\n")
        subnet = IPv4Network(layout.subnet.read_text().strip())
        if any(subnet.overlaps(other) for other in taken):
            raise SandboxError(f"{subnet} is in use by something else now. Run `down`, then `up`.")
        if not hub.has_interface("machine"):
            own = Path("/sys/class/net") / layout.name
            wait_until(lambda: not own.exists(), f"the kernel to remove the old {layout.name}", 20)
            ip(f"link add {layout.name} type veth peer name machine netns {hub.pid}\n")
        ip(set_address(layout.name, subnet[MACHINE], subnet.prefixlen))
        return subnet


def choose(name: str, taken: list[IPv4Network]) -> IPv4Network:
    """The first free /24 of the candidates, beginning at one that `name`, ending in hex digits, decides.

    198.18.0.0/15 is set aside for tests of networks (RFC 2544): for machines that route all of 10.0.0.0/8.
    """
    start = int(name[-2:], 16)
    for first in ("10.213", "198.18"):
        for step in range(256):
            candidate = IPv4Network(f"{first}.{(start + step) % 256}.0/24")
            if not any(candidate.overlaps(other) for other in taken):
                return candidate
    raise SandboxError("No free subnet: 10.213.0.0/16 and 198.18.0.0/16 are both in use on this machine.")


def taken_networks(own: str) -> list[IPv4Network]:
    """What this machine has addresses in or routes to, apart from the interface `own` and the default route."""
    routes = json.loads(run(["ip", "-json", "-4", "route", "show", "table", "all"]))
    return [IPv4Network(r["dst"]) for r in routes if r["dst"] != "default" and r.get("dev") != own]


def attach(hub: Namespace, part: Namespace, address: IPv4Address, prefix: int) -> None:
    """Put `part` on the bridge as `address`."""
    port = part.folder.name
    if not part.has_interface("eth0"):
        wait_until(lambda: not hub.has_interface(port), f"the kernel to remove the old port {port}", 20)
        ip(f"link add eth0 netns {part.pid} type veth peer name {port} netns {hub.pid}\n")
    hub.ip(f"link set {port} master {BRIDGE} up\n")
    part.ip(set_address("eth0", address, prefix))


def ip(commands: str) -> None:
    """Run lines of `ip` commands in this machine's own network."""
    run(["ip", "-batch", "-"], stdin=commands)


def set_address(interface: str, address: IPv4Address, prefix: int) -> str:
    """The `ip` commands that bring an interface up as `address`.

    The hardware address follows from it: a part that is started again is found at once, where a random one would hide
    it from its neighbours until they forget the old one.
    """
    hardware = ":".join(f"{byte:02x}" for byte in (0x02, 0x4B, *address.packed))
    return (
        f"link set {interface} address {hardware}\n"
        f"address replace {address}/{prefix} dev {interface}\nlink set {interface} up\n"
    )


def down(layout: Layout) -> None:
    """Remove this machine's interface: it goes with the bridge's namespace, but a moment later."""
    if Path(f"/sys/class/net/{layout.name}").exists():
        try:
            ip(f"link delete {layout.name}\n")
        except SandboxError:
            if Path(f"/sys/class/net/{layout.name}").exists():
                raise
