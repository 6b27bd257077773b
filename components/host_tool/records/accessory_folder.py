"""apps/APP/accessories/NAME under ~/.kamal: what a host remembers of an accessory."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

from ..spec import RegistryLoginSpec
from .files import load, save
from .login import has_login, save_login
from .records import AccessoryRecord
from .secrets_folder import SecretsFolder


class AccessoryFolder(SecretsFolder):
    """What a host remembers of an accessory."""

    @property
    def name(self) -> str:
        """The accessory's name."""
        return self.path.name

    def record(self) -> Optional[AccessoryRecord]:
        """Return what is known of the accessory, None if its container was never made here."""
        return load(AccessoryRecord, self.path / "accessory.json")

    def save(self, record: AccessoryRecord) -> None:
        """Remember the accessory."""
        save(self.path / "accessory.json", record)

    @property
    def login_folder(self) -> Path:
        """The folder that Docker reads the login to the image's registry from (DOCKER_CONFIG)."""
        return self.path / "registry"

    def save_login(self, login: Optional[RegistryLoginSpec]) -> None:
        """Keep the login to the image's registry; None for none."""
        save_login(self.login_folder, login)

    def has_login(self) -> bool:
        """Return whether a login is kept here."""
        return has_login(self.login_folder)

    def forget_other_secrets(self, secrets_hash: str) -> None:
        """Forget the secret values that the container does not have."""
        for path in self.path.glob("secrets/*"):
            if path.name != secrets_hash:
                path.unlink()
