"""An image registry with TLS and a password."""

import base64
import secrets
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable
from ipaddress import IPv4Address
from pathlib import Path

from dev.sandbox import certificates
from dev.sandbox.commands import run, wait_until
from dev.sandbox.files import make_folder, tail, write_file
from dev.sandbox.inventory import Registry
from dev.sandbox.network import Network
from dev.sandbox.paths import Paths

PORT = 5000
USERNAME = "sandbox"
CONFIG = """\
version: 0.1
log: {{level: info, accesslog: {{disabled: false}}}}
storage: {{filesystem: {{rootdirectory: "{folder}/data"}}, delete: {{enabled: false}}}}
http: {{addr: "{server}", tls: {{certificate: "{certificates}/registry.pem", key: "{certificates}/registry.key"}}}}
auth: {{htpasswd: {{realm: sandbox, path: "{folder}/htpasswd"}}}}
"""
# The registry wants bcrypt. The lowest cost, 4, is enough for a password of 24 random bytes, and each request pays it.
BCRYPT = 'chomp(my $p = <STDIN>); print crypt($p, "\\$2b\\$04\\$" . $ARGV[0])'


def server(address: IPv4Address) -> str:
    """Return the registry's address and port."""
    return f"{address}:{PORT}"


def up(paths: Paths, network: Network, say: Callable[[str], None]) -> Registry:
    """Start the registry unless it answers. Its images are kept in the sandbox's folder."""
    folder = paths.registry
    make_folder(paths, folder)
    certificates.ensure(paths, network.registry)
    registry = Registry(server(network.registry), USERNAME, str(ensure_password(paths)))
    if answers(paths, registry):
        return registry
    say("registry: starting")
    config, log = folder / "config.yml", folder / "registry.log"
    write_file(paths, config, CONFIG.format(folder=folder, server=registry.server, certificates=paths.certificates))
    # It needs no file system of its own.
    network.bridge.start(["docker-registry", "serve", str(config)], log, ["--net", "--pid"])
    wait_until(lambda: answers(paths, registry), "the registry to answer", 15, lambda: tail(log))
    return registry


def ensure_password(paths: Paths) -> Path:
    """Make the password and its hash unless they are there; return the password's file."""
    path, hashes = paths.registry / "password", paths.registry / "htpasswd"
    if not path.exists() or not hashes.exists():
        password = secrets.token_urlsafe(24)
        hashed = run(["perl", "-e", BCRYPT, secrets.token_hex(11)], stdin=password + "\n")
        write_file(paths, hashes, f"{USERNAME}:{hashed}\n", 0o600)
        write_file(paths, path, password, 0o600)
    return path


def answers(paths: Paths, registry: Registry) -> bool:
    """Return whether the registry lets us log in."""
    password = Path(registry.password_file).read_text()
    login = base64.b64encode(f"{registry.username}:{password}".encode()).decode()
    request = urllib.request.Request(f"https://{registry.server}/v2/", headers={"Authorization": f"Basic {login}"})
    context = ssl.create_default_context(cafile=str(paths.certificates / "ca.pem"))
    # A proxy in the user's environment does not lead to the sandbox.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
    try:
        with opener.open(request, timeout=5):
            return True
    except OSError:
        return False
