"""certificate APP ROLE: the host keeps a role's own TLS certificate. The switch gives it to kamal-proxy."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from ..errors import StepError
from ..records.secrets_folder import SecretsFolder
from ..records.secrets_hash import secrets_hash_of
from ..result import KeptCertificate
from ..spec import CertificateSpec
from ..step.run_folder import RunFolder
from ..step.step import Step

SPEC = CertificateSpec

MISMATCHES = ("KEY_VALUES_MISMATCH", "KEY_TYPE_MISMATCH", "NO_CERTIFICATE_ASSIGNED")
"""What OpenSSL calls a key that is not the certificate's, the last where it is of another kind."""


def run(step: Step, spec: CertificateSpec, role: str) -> KeptCertificate:
    """Keep the certificate, and return its name. Nothing else about it is ever printed."""
    return keep_certificate(step, step.take_role(role), spec, f"role {role}")


def keep_certificate(step: Step, folder: SecretsFolder, spec: CertificateSpec, whose: str) -> KeptCertificate:
    """Keep the certificate of a role or an accessory, and return its name.

    Args:
        step: The step.
        folder: What the host remembers of the role or accessory.
        spec: The certificate with its key.
        whose: The role or accessory, in words.

    Raises:
        StepError: kamal-proxy could not use it.
    """
    step.lock(folder.lock)
    with RunFolder(step.folder.path) as run_folder:
        problem = problem_of(spec, run_folder)
    if problem:
        raise StepError(
            f"the certificate of {whose} cannot be used: {problem}. Correct its secrets, then deploy again."
        )
    certificate = asdict(spec)
    certificate_hash = secrets_hash_of(certificate, step.folder.fingerprint_key())
    folder.save_certificate(certificate_hash, certificate)
    return KeptCertificate(certificate_hash)


def problem_of(spec: CertificateSpec, folder: Path) -> str:
    """Return why kamal-proxy could not use a certificate, "" if it can.

    Args:
        spec: The certificate and its key.
        folder: Where they may be written to.
    """
    # Imported late: no other verb needs it.
    import ssl

    certificate, key = folder / "cert.pem", folder / "key.pem"
    certificate.write_text(spec.certificate_pem)
    key.write_text(spec.private_key_pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    # How strong a key has to be differs between machines. It is nothing to kamal-proxy.
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    try:
        # The password is for a key that is encrypted, and keeps OpenSSL from asking for one.
        context.load_cert_chain(certificate, key, password="")
    except ssl.SSLError as error:
        if error.reason in MISMATCHES:
            return "private_key_pem is not the key of certificate_pem"
        return "certificate_pem has to be a certificate, and private_key_pem its key without a password, both in PEM"
    return ""
