"""apps/APP/roles/ROLE under ~/.kamal: what a host remembers of a role."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Optional

from .files import load, save
from .records import ReleaseRecord, RoleRecord
from .secrets_folder import SecretsFolder


class RoleFolder(SecretsFolder):
    """What a host remembers of a role."""

    def record(self) -> Optional[RoleRecord]:
        """Return what is known of the role, None if it never had a candidate here."""
        return load(RoleRecord, self.path / "role.json")

    def save(self, record: RoleRecord) -> None:
        """Remember the role."""
        save(self.path / "role.json", record)

    def release(self, release: str) -> Optional[ReleaseRecord]:
        """Return what a release was made from, None if that is not known."""
        return load(ReleaseRecord, self._release_path(release)) if release else None

    def version_of(self, release: str) -> str:
        """Return the version of a release, "" if that is not known."""
        record = self.release(release)
        return record.container.version if record else ""

    def releases(self) -> dict[str, ReleaseRecord]:
        """Return all releases that are known."""
        names = [path.parent.name for path in self.path.glob("releases/*/release.json")]
        found = {name: self.release(name) for name in sorted(names)}
        return {name: record for name, record in found.items() if record}

    def save_release(self, release: str, record: ReleaseRecord) -> None:
        """Remember a release."""
        save(self._release_path(release), record)

    def forget_release(self, release: str) -> None:
        """Forget a release."""
        shutil.rmtree(self._release_path(release).parent, ignore_errors=True)

    def assets(self, release: str) -> Path:
        """Return the folder with the assets of a release, which goes with what is known of it."""
        return self._release_path(release).with_name("assets")

    def forget_unused_secrets(self) -> None:
        """Forget the secret values that no release needs."""
        used = {record.secrets_hash for record in self.releases().values()}
        for path in self.path.glob("secrets/*"):
            if path.name not in used:
                path.unlink()

    def _release_path(self, release: str) -> Path:
        return self.path / "releases" / release / "release.json"
