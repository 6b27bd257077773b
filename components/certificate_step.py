"""The step that leaves a TLS certificate of one's own on a host."""

import pulumi

from .command import RemoteCommand, step_input, step_result
from .host_tool.result import KeptCertificate
from .host_tool.spec import CertificateSpec
from .settings import Certificate


def certificate_input(certificate: Certificate) -> pulumi.Output[str]:
    """Return the input of the step: the certificate and its key."""
    pems = CertificateSpec(certificate.certificate_pem.reveal(), certificate.private_key_pem.reveal())
    return step_input(pems, secret=True)


def certificate_hash(command: RemoteCommand) -> pulumi.Output[str]:
    """Return the name under which the host keeps the certificate: a keyed hash. It tells nothing about the key."""
    return step_result(command, KeptCertificate).apply(lambda kept: kept.certificate_hash)
