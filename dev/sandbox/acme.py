"""An ACME server in the place of Let's Encrypt: kamal-proxy gets certificates from it as it does from the real one.

It runs only where somebody asks for it. A host's kamal-proxy finds it under Let's Encrypt's name, and trusts it, by the
options in `proxy_options`.
"""

import ssl
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path

from dev.sandbox import certificates, machine
from dev.sandbox.commands import wait_until
from dev.sandbox.errors import SandboxError
from dev.sandbox.files import make_folder, tail, write_file
from dev.sandbox.network import Network
from dev.sandbox.paths import Paths

NAME = "acme-v02.api.letsencrypt.org"
TRUSTED = "acme-ca.pem"
"""The file in a host's folder with the authority of the server's own certificate."""


@dataclass(frozen=True)
class AcmeServer:
    """The running server.

    Attributes:
        address: Its address.
        root: The file with the authority of the certificates that it issues.
    """

    address: IPv4Address
    root: Path

    @property
    def proxy_options(self) -> dict[str, str]:
        """What `proxy.run.options` needs for kamal-proxy to use it."""
        return {
            "add-host": f"{NAME}:{self.address}",
            "volume": f"{machine.DISK}/{TRUSTED}:/{TRUSTED}:ro",
            "env": f"SSL_CERT_FILE=/{TRUSTED}",
        }


def name_for(address: str, app: str) -> str:
    """Return a host name that the server resolves to an address."""
    return f"{app}.{address.replace('.', '-')}.test"


def up(paths: Paths, network: Network, say: Callable[[str], None]) -> AcmeServer:
    """Start the server unless it answers."""
    if not paths.pebble.exists():
        raise SandboxError(f"{paths.pebble} is missing. Build it with: python3 -m dev.toolchain --tls")
    folder = paths.acme
    make_folder(paths, folder)
    if not (folder / "server.pem").exists():
        certificates.issue(paths, folder, NAME, "server")
    for host in paths.hosts.glob("web*"):
        write_file(paths, host / TRUSTED, (folder / "ca.pem").read_text())
    server, log = AcmeServer(network.registry, folder / "root.pem"), folder / "pebble.log"
    if not answers(folder, server.address):
        say("acme: starting")
        words = [paths.pebble, "-address", server.address, "-root", server.root]
        words += ["-certificate", folder / "server.pem", "-key", folder / "server.key"]
        network.bridge.start([str(word) for word in words], log, ["--net", "--pid"])
        wait_until(lambda: answers(folder, server.address), "the ACME server to answer", 15, lambda: tail(log))
    return server


def answers(folder: Path, address: IPv4Address) -> bool:
    """Return whether the server gives its directory."""
    context = ssl.create_default_context(cafile=str(folder / "ca.pem"))
    # Its certificate is for Let's Encrypt's name, which leads elsewhere here.
    context.check_hostname = False
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
    try:
        with opener.open(f"https://{address}/directory", timeout=5):
            return True
    except OSError:
        return False
