"""A registry with TLS and a password, on the bridge."""

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
from dev.sandbox.layout import Layout
from dev.sandbox.namespace import Namespace

PORT = 5000
USERNAME = "sandbox"
CONFIG = """\
version: 0.1
log: {{level: info, accesslog: {{disabled: false}}}}
storage: {{filesystem: {{rootdirectory: "{folder}/data"}}, delete: {{enabled: false}}}}
http: {{addr: "{server}", tls: {{certificate: "{certificates}/registry.pem", key: "{certificates}/registry.key"}}}}
auth: {{htpasswd: {{realm: sandbox, path: "{folder}/htpasswd"}}}}
"""
# The registry wants bcrypt. Cost 4 is the least; the password is 24 random bytes, and each request pays for it.
BCRYPT = 'chomp(my $p = <STDIN>); print crypt($p, "\\$2b\\$04\\$" . $ARGV[0])'


def server_of(address: IPv4Address) -> str:
    return f"{address}:{PORT}"


def up(layout: Layout, hub: Namespace, address: IPv4Address, say: Callable[[str], None]) -> Registry:
    """Make sure that the registry answers at `address`. Its images are kept in the sandbox's folder."""
    folder, server = layout.registry, server_of(address)
    make_folder(layout, folder)
    certificates.up(layout, address)
    registry = Registry(server, USERNAME, str(password_file(layout)))
    if status(layout, registry, "/v2/") == 200:
        return registry
    say("registry: starting")
    config = folder / "config.yml"
    write_file(layout, config, CONFIG.format(folder=folder, server=server, certificates=layout.certificates))
    log = folder / "registry.log"
    # It needs no view of the file system of its own: only network and processes are apart.
    hub.start(["docker-registry", "serve", str(config)], log, ["--net", "--pid"])
    wait_until(lambda: status(layout, registry, "/v2/") == 200, "the registry to answer", 15, lambda: tail(log))
    return registry


def password_file(layout: Layout) -> Path:
    """The file (0600) that holds the password; it and its hash are made when they are missing."""
    path, hashes = layout.registry / "password", layout.registry / "htpasswd"
    if not path.exists() or not hashes.exists():
        password = secrets.token_urlsafe(24)
        salt = secrets.token_hex(11)
        hashed = run(["perl", "-e", BCRYPT, salt], stdin=password + "\n")
        write_file(layout, hashes, f"{USERNAME}:{hashed}\n", 0o600)
        write_file(layout, path, password, 0o600)
    return path


def has(layout: Layout, registry: Registry, repository: str, tag: str) -> bool:
    """Whether the registry holds `repository:tag`."""
    return status(layout, registry, f"/v2/{repository}/manifests/{tag}") == 200


def status(layout: Layout, registry: Registry, path: str) -> int:
    """The HTTP status of a HEAD request with the password; 0 when nobody answers."""
    password = (layout.registry / "password").read_text()
    login = base64.b64encode(f"{registry.username}:{password}".encode()).decode()
    accept = "application/vnd.docker.distribution.manifest.v2+json"
    request = urllib.request.Request(
        f"https://{registry.server}{path}", method="HEAD", headers={"Authorization": f"Basic {login}", "Accept": accept}
    )
    context = ssl.create_default_context(cafile=str(layout.certificates / "ca.pem"))
    # Traffic stays on the bridge, whatever proxy the environment names.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
    try:
        with opener.open(request, timeout=5) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0
