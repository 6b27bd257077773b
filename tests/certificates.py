"""TLS certificates of authorities that are made for a test."""

from dataclasses import dataclass

import trustme


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
