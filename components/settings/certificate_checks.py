"""Checks of TLS certificates of one's own: what kamal-proxy could not use is told before anything is deployed."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from .problem import Problem
from .settings import Settings
from .ssl import SslSettings
from .tls import Routed, all_routed

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
        if certificate and key:
            yield from _check_pair(routed, ssl, certificate.reveal(), key.reveal())


def _check_pair(routed: Routed, names: SslSettings, certificate: str, key: str) -> Iterator[Problem]:
    """Yield what is wrong with a certificate and its key."""
    # Imported late: it takes 20 ms.
    import ssl

    certificate_name, key_name = names.certificate_pem[0], names.private_key_pem[0]
    path = routed.path("ssl")
    with tempfile.TemporaryDirectory() as folder:
        certificate_file = _private_file(Path(folder, "cert.pem"), certificate)
        key_file = _private_file(Path(folder, "key.pem"), key)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        # How strong a certificate has to be is none of this machine's business.
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        try:
            # The password is for a key that is encrypted, and keeps OpenSSL from asking for one.
            context.load_cert_chain(certificate_file, key_file, password="")
            return
        except ssl.SSLError as error:
            is_mismatch = error.reason in MISMATCHES
        try:
            context.load_verify_locations(certificate_file)
        except ssl.SSLError:
            yield Problem(
                f"{path}.certificate_pem",
                f"the secret {certificate_name} of {routed.name} holds no certificate in PEM; "
                + _how_to_set(certificate_name, "fullchain.pem"),
            )
            return
    if is_mismatch:
        problem = (
            f"the secret {key_name} of {routed.name} is not the private key of the certificate in the secret "
            f"{certificate_name}; set both from the same certificate. Its own comes first in its file, those of its issuers "
            "behind it"
        )
    elif "ENCRYPTED" in key:
        problem = (
            f"the secret {key_name} of {routed.name} holds a private key with a password, which kamal-proxy cannot enter; "
            f"remove that (openssl pkey -in privkey.pem -out plain.pem), then {_how_to_set(key_name, 'plain.pem')}"
        )
    else:
        problem = f"the secret {key_name} of {routed.name} holds no private key in PEM; " + _how_to_set(
            key_name, "privkey.pem"
        )
    yield Problem(f"{path}.private_key_pem", problem)


def _private_file(file: Path, text: str) -> Path:
    file.touch(0o600)
    file.write_bytes(text.encode())
    return file


def _how_to_set(secret: str, file: str) -> str:
    return f"run pulumi config set --secret --path 'deploy:secrets.{secret}' <{file}"
