"""The login to a registry, in the form in which Docker reads it (DOCKER_CONFIG)."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Optional

from ..spec import RegistryLoginSpec
from .files import write_whole

DOCKER_HUB = ("docker.io", "registry-1.docker.io", "index.docker.io")


def auths_of(login: RegistryLoginSpec) -> dict[str, dict[str, str]]:
    """Return a login as Docker's configuration has it under `auths`: by registry."""
    # Docker's client looks the login for Docker Hub up under this name.
    server = "https://index.docker.io/v1/" if login.server in DOCKER_HUB else login.server
    pair = f"{login.username}:{login.password}".encode()
    return {server: {"auth": base64.b64encode(pair).decode()}}


def save_login(folder: Path, login: Optional[RegistryLoginSpec]) -> None:
    """Keep a login; None for none."""
    write_whole(folder / "config.json", json.dumps({"auths": auths_of(login) if login else {}}))


def has_login(folder: Path) -> bool:
    """Return whether a login is kept."""
    try:
        return bool(json.loads((folder / "config.json").read_text())["auths"])
    except (OSError, ValueError, KeyError, TypeError):
        return False
