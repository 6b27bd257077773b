"""The sandbox's certificate authority and the registry's certificate."""

import os
import ssl
from ipaddress import IPv4Address
from pathlib import Path

from dev.sandbox.commands import run
from dev.sandbox.files import make_folder, write_file
from dev.sandbox.layout import Layout

EXTENSIONS = """\
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = IP:{address}, DNS:registry
"""


def up(layout: Layout, address: IPv4Address) -> None:
    """Make authority (`ca.pem`), certificate (`registry.pem`, `registry.key`) for `address`, and `bundle.pem`.

    The bundle is what this machine trusts anyway, and the authority: for SSL_CERT_FILE.
    """
    folder = layout.certificates
    make_folder(layout, folder)
    if not (folder / "registry.pem").exists():
        make(folder, address)
    write_file(layout, folder / "bundle.pem", trusted(layout) + (folder / "ca.pem").read_text())


def make(folder: Path, address: IPv4Address) -> None:
    ca, key, draft = folder / "ca.pem", folder / "registry.key", folder / "registry.pem.new"
    new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    run(
        [
            "openssl",
            "req",
            "-x509",
            "-days",
            "3650",
            "-subj",
            "/CN=Sandbox authority",
            *new_key,
            "-keyout",
            str(folder / "ca.key"),
            "-out",
            str(ca),
            "-addext",
            "keyUsage=critical,keyCertSign,cRLSign",
        ]
    )
    request = run(["openssl", "req", "-new", "-subj", "/CN=registry", *new_key, "-keyout", str(key)])
    extensions = folder / "registry.extensions"
    extensions.write_text(EXTENSIONS.format(address=address))
    run(
        [
            "openssl",
            "x509",
            "-req",
            "-days",
            "3650",
            "-CA",
            str(ca),
            "-CAkey",
            str(folder / "ca.key"),
            "-CAcreateserial",
            "-extfile",
            str(extensions),
            "-out",
            str(draft),
        ],
        stdin=request,
    )
    # Last and at once: the certificate is the sign that all is there.
    draft.replace(folder / "registry.pem")


def trusted(layout: Layout) -> str:
    """The certificates that this machine trusts, in PEM."""
    own = str(layout.certificates / "bundle.pem")
    # SSL_CERT_FILE is our own bundle where the sandbox's env file is in force.
    candidates = [
        os.environ.get("SSL_CERT_FILE"),
        ssl.get_default_verify_paths().openssl_cafile,
        "/etc/ssl/certs/ca-certificates.crt",
        "/etc/pki/tls/certs/ca-bundle.crt",
    ]
    for candidate in candidates:
        if candidate and candidate != own and Path(candidate).is_file():
            return Path(candidate).read_text().rstrip() + "\n"
    return ""
