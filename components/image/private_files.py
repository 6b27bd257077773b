"""Files with the secrets of a build: only the user can read them, and they go when the build ends."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..host_tool.records.login import auths_of
from ..host_tool.spec import RegistryLoginSpec
from ..secret import Secret
from ..settings import RegistryLogin


@dataclass(frozen=True)
class PrivateFiles:
    """What a build may read, and nobody else.

    Attributes:
        secrets: The secrets that the build may mount, by name.
        server: The registry that the image is pushed to.
        login: The login that Docker's command line needs there; None where it needs none, or the docker provider has it.
    """

    secrets: Mapping[str, Secret] = field(default_factory=dict)
    server: str = ""
    login: RegistryLogin | None = None

    def write(self, folder: Path) -> None:
        """Write the files: `secrets/NAME`, and `docker/` as a folder of Docker's configuration."""
        if self.secrets:
            (folder / "secrets").mkdir(mode=0o700, parents=True)
        for name, secret in self.secrets.items():
            _write(folder / "secrets" / name, secret.reveal())
        if self.login:
            self._write_docker_config(folder / "docker", self.login)

    def _write_docker_config(self, folder: Path, login: RegistryLogin) -> None:
        """Write the user's configuration with the login added. Contexts, plugins and the rest are the user's own."""
        home = Path(os.environ.get("DOCKER_CONFIG") or Path("~/.docker").expanduser())
        folder.mkdir(mode=0o700, parents=True)
        for entry in home.iterdir() if home.is_dir() else ():
            if entry.name != "config.json":
                (folder / entry.name).symlink_to(entry.absolute())
        _write(folder / "config.json", json.dumps(with_login(_read(home / "config.json"), self.server, login)))


def with_login(config: Mapping[str, Any], server: str, login: RegistryLogin) -> dict[str, Any]:
    """Return a configuration of Docker's command line with a login for one registry.

    Args:
        config: The configuration without it.
        server: The registry.
        login: User and password.
    """
    auths = auths_of(RegistryLoginSpec(server, login.username.reveal(), login.password.reveal()))
    return {
        **config,
        "auths": {**config.get("auths", {}), **auths},
        # No name of a program: the login of this registry is in this file, whatever keeps the others.
        "credHelpers": {**config.get("credHelpers", {}), **dict.fromkeys(auths, "")},
    }


def _read(file: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(file.read_text()))
    except (OSError, ValueError, TypeError):
        # None, or one that Docker's command line will complain about by itself.
        return {}


def _write(file: Path, text: str) -> None:
    # Newlines and other bytes arrive as they are.
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
        opened.write(text.encode())
