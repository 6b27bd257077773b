"""TLS certificates of authorities that are made for a test."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Issued:
    """A certificate with its private key, and the authority that has issued it, all in PEM."""

    authority: str
    certificate: str
    key: str


def issue(*names: str, key_type: trustme.KeyType = trustme.KeyType.ECDSA) -> Issued:
    """Return a certificate for host names, by default shop.test, issued by a new authority."""
    authority = trustme.CA()
    issued = authority.issue_cert(*(names or ("shop.test",)), key_type=key_type)
    return Issued(
        authority.cert_pem.bytes().decode(),
        issued.cert_chain_pems[0].bytes().decode(),
        issued.private_key_pem.bytes().decode(),
    )


def issue_weak() -> Issued:
    """Return a certificate that has issued itself, with a key that OpenSSL by its own defaults finds too short."""
    key = rsa.generate_private_key(65537, 1024)  # noqa: S505 - that is the point of it
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "shop.test")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM).decode()
    plain = (serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption())
    return Issued(pem, pem, key.private_bytes(serialization.Encoding.PEM, *plain).decode())
