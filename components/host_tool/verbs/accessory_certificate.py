"""accessory_certificate APP NAME: the host keeps an accessory's own TLS certificate. Its step gives it to kamal-proxy."""

from __future__ import annotations

from ..result import KeptCertificate
from ..spec import CertificateSpec
from ..step.step import Step
from .certificate import keep_certificate

SPEC = CertificateSpec


def run(step: Step, spec: CertificateSpec, name: str) -> KeptCertificate:
    """Keep the certificate, and return its name. Nothing else about it is ever printed."""
    return keep_certificate(step, step.take_accessory(name), spec, f"accessory {name}")
