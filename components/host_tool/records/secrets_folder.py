"""What a host remembers of a role or an accessory, its secret values among it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Optional

from ..spec import NO_SECRETS
from .files import DamagedRecordError, write_whole


class SecretsFolder:
    """A folder with secret values, under a lock of its own."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lock = path / "lock"

    def secrets(self, secrets_hash: str) -> Optional[dict[str, str]]:
        """Return secret values by their hash, None if they are not here.

        Raises:
            DamagedRecordError: The file is damaged, or this user may not read it.
        """
        return {} if secrets_hash == NO_SECRETS else self._kept(self.path / "secrets" / secrets_hash)

    def save_secrets(self, secrets_hash: str, values: dict[str, str]) -> None:
        """Keep secret values."""
        write_whole(self.path / "secrets" / secrets_hash, json.dumps(values))

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
