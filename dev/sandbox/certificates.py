"""Certificates of the sandbox's services, each with an authority of its own."""

import os
import ssl
from ipaddress import IPv4Address
from pathlib import Path

from dev.sandbox.errors import SandboxError
from dev.sandbox.files import write_file
from dev.sandbox.paths import Paths

NO_TRUSTME = """\
The sandbox needs the Python package trustme. Start the sandbox with `make up`, or with the Python that has it:
    python3 -m dev.toolchain --sandbox
    .local/venv-sandbox/bin/python -m dev.sandbox up"""


def ensure(paths: Paths, address: IPv4Address) -> None:
    """Issue the registry's certificate for `address` unless there is one, and write the bundle for SSL_CERT_FILE."""
    if not (paths.certificates / "registry.pem").exists():
        issue(paths, paths.certificates, str(address), "registry")
    authority = (paths.certificates / "ca.pem").read_text()
    write_file(paths, paths.certificates / "bundle.pem", trusted_here(paths) + authority)


def issue(paths: Paths, folder: Path, host: str, name: str) -> None:
    """Write an authority (`ca.pem`) and a certificate (`NAME.pem`, `NAME.key`) for a host to a folder."""
    try:
        # Not at the top: only this needs it, and `down` must work without.
        import trustme
    except ImportError:
        raise SandboxError(NO_TRUSTME) from None
    authority = trustme.CA()
    issued = authority.issue_cert(host, name)
    files = {
        "ca.pem": authority.cert_pem,
        f"{name}.key": issued.private_key_pem,
        # Last: it is the sign that the others are there.
        f"{name}.pem": issued.cert_chain_pems[0],
    }
    for file, content in files.items():
        mode = 0o600 if file.endswith(".key") else 0o644
        write_file(paths, folder / file, content.bytes().decode(), mode)


def trusted_here(paths: Paths) -> str:
    """Return the certificates that this computer trusts, in PEM."""
    own = str(paths.certificates / "bundle.pem")
    candidates = [
        # With the sandbox's environment in force this is our own bundle.
        os.environ.get("SSL_CERT_FILE"),
        ssl.get_default_verify_paths().openssl_cafile,
        "/etc/ssl/certs/ca-certificates.crt",
        "/etc/pki/tls/certs/ca-bundle.crt",
    ]
    for candidate in candidates:
        if candidate and candidate != own and Path(candidate).is_file():
            return Path(candidate).read_text().rstrip() + "\n"
    return ""
