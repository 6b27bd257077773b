"""Checks of TLS certificates of one's own: what kamal-proxy could not use is told before anything is deployed."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from .problem import Problem
from .settings import Settings
from .ssl import SslSettings
from .tls import all_routed

Fault = Literal["", "certificate", "key", "password", "mismatch"]

MISMATCHES = ("KEY_VALUES_MISMATCH", "KEY_TYPE_MISMATCH", "NO_CERTIFICATE_ASSIGNED")
"""What OpenSSL calls a key that is not the certificate's, the last where it is of another kind."""


def check_certificates(settings: Settings) -> Iterator[Problem]:
    """Yield secrets that hold no certificate, no key, or the key of another certificate. No message shows what is in them.

    Secrets that are not set are left out.
    """
    for routed in all_routed(settings):
        ssl = routed.proxy.ssl
        # Below a path kamal-proxy has the certificate of what is above it.
        if not isinstance(ssl, SslSettings) or "/" not in routed.proxy.all_paths():
            continue
        certificate, key = (settings.secrets.get(names[0]) for names in (ssl.certificate_pem, ssl.private_key_pem))
        if not certificate or not key:
            continue
        fault = fault_of(certificate.reveal(), key.reveal())
        if fault:
            setting = "certificate_pem" if fault == "certificate" else "private_key_pem"
            sentence = _sentence(fault, routed.name, ssl.certificate_pem[0], ssl.private_key_pem[0])
            yield Problem(f"{routed.path('ssl')}.{setting}", sentence)


def fault_of(certificate: str, key: str) -> Fault:
    """Return why kamal-proxy could not use a certificate with a key, both in PEM; "" if it can."""
    # Imported late: it takes 20 ms.
    import ssl

    with tempfile.TemporaryDirectory() as folder:
        certificate_file = _private_file(Path(folder, "cert.pem"), certificate)
        key_file = _private_file(Path(folder, "key.pem"), key)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        # How strong a certificate has to be differs between machines.
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        try:
            # The password is for a key that is encrypted, and keeps OpenSSL from asking for one.
            context.load_cert_chain(certificate_file, key_file, password="")
        except ssl.SSLError as error:
            if error.reason in MISMATCHES:
                return "mismatch"
        else:
            return ""
        try:
            context.load_verify_locations(certificate_file)
        except ssl.SSLError:
            return "certificate"
    return "password" if "ENCRYPTED" in key else "key"


def _sentence(fault: Fault, whose: str, certificate: str, key: str) -> str:
    """Return what is wrong, in words.

    Args:
        fault: What is wrong.
        whose: The role or accessory, in words.
        certificate: The name of the secret with the certificate.
        key: The name of the secret with the key.
    """
    match fault:
        case "certificate":
            return f"the secret {certificate} of {whose} holds no certificate in PEM; {_how_to_set(certificate, 'fullchain.pem')}"
        case "key":
            return f"the secret {key} of {whose} holds no private key in PEM; {_how_to_set(key, 'privkey.pem')}"
        case "password":
            return (
                f"the secret {key} of {whose} holds a private key with a password, which kamal-proxy cannot enter; remove that "
                f"(openssl pkey -in privkey.pem -out plain.pem), then {_how_to_set(key, 'plain.pem')}"
            )
        case _:
            return (
                f"the secret {key} of {whose} is not the private key of the certificate in the secret {certificate}; set both "
                "from the same certificate. The certificate comes first in its file, followed by those of its issuers"
            )


def _private_file(file: Path, text: str) -> Path:
    file.touch(0o600)
    file.write_bytes(text.encode())
    return file


def _how_to_set(secret: str, file: str) -> str:
    return f"run pulumi config set --secret --path 'deploy:secrets.{secret}' <{file}"
