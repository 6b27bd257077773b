"""What a host remembers of a role or an accessory, including its secret values."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Optional

from ..errors import StepError
from ..spec import NO_SECRETS
from .files import DamagedRecordError, write_whole


class SecretsFolder:
    """A folder with secret values and TLS certificates, under a lock of its own."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lock = path / "lock"

    def secrets(self, secrets_hash: str) -> dict[str, str]:
        """Return secret values by their hash.

        Raises:
            DamagedRecordError: The file is damaged, or this user may not read it.
            StepError: They are gone.
        """
        secrets = {} if secrets_hash == NO_SECRETS else self._kept(self.path / "secrets" / secrets_hash)
        if secrets is None:
            raise StepError(
                f"the secrets {secrets_hash} are not on this host any more. Have the secrets step run again: pulumi up "
                "--replace, with its URN."
            )
        return secrets

    def save_secrets(self, secrets_hash: str, values: dict[str, str]) -> None:
        """Keep secret values."""
        write_whole(self.path / "secrets" / secrets_hash, json.dumps(values))

    def certificate(self, certificate_hash: str) -> Optional[dict[str, str]]:
        """Return a TLS certificate with its key by their hash, None if they are not here.

        Raises:
            DamagedRecordError: The file is damaged, or this user may not read it.
        """
        return self._kept(self.path / "certificates" / certificate_hash)

    def certificates(self) -> tuple[str, ...]:
        """Return the hashes of the TLS certificates that are here."""
        return tuple(sorted(path.name for path in self.path.glob("certificates/*")))

    def save_certificate(self, certificate_hash: str, certificate: dict[str, str]) -> None:
        """Keep a TLS certificate with its key."""
        write_whole(self.path / "certificates" / certificate_hash, json.dumps(certificate))

    def copy_certificates(self, other: SecretsFolder) -> None:
        """Keep the TLS certificates of another folder as well."""
        for name in other.certificates():
            certificate = other.certificate(name)
            if certificate:
                self.save_certificate(name, certificate)

    def forget_other_certificates(self, used: str) -> None:
        """Forget the TLS certificates but one."""
        for name in self.certificates():
            if name != used:
                (self.path / "certificates" / name).unlink()

    def forget(self) -> None:
        """Forget all of it."""
        shutil.rmtree(self.path, ignore_errors=True)

    def _kept(self, path: Path) -> Optional[dict[str, str]]:
        """Return secret values in a file, None if it is not there."""
        try:
            return dict(json.loads(path.read_text())) if path.exists() else None
        except OSError as error:
            raise DamagedRecordError(path, error) from None
        except (ValueError, TypeError):
            # Not the error itself: it may show what is in the file.
            raise DamagedRecordError(path, "it is no JSON object") from None
