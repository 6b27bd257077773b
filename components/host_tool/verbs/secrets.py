"""secrets APP ROLE: the host keeps the secret values of a role, and the registry's login."""

from __future__ import annotations

from ..records.secrets_hash import secrets_hash_of
from ..result import KeptSecrets
from ..spec import NO_SECRETS, SecretsSpec
from ..step.step import Step

SPEC = SecretsSpec


def run(step: Step, spec: SecretsSpec, role: str) -> KeptSecrets:
    """Keep the values, and return their name. Nothing else about them is ever printed."""
    folder = step.take_role(role)
    step.lock(folder.lock)
    step.folder.save_login(spec.registry)
    if not spec.env:
        return KeptSecrets(NO_SECRETS)
    secrets_hash = secrets_hash_of(spec.env, step.folder.fingerprint_key())
    folder.save_secrets(secrets_hash, spec.env)
    return KeptSecrets(secrets_hash)
