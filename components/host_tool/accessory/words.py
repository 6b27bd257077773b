"""The words of `docker create` that make an accessory's container, and its release."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Optional

from ..docker.environment import Environment
from ..docker.run_words import environment_words, label_words, option_words
from ..json_codec import to_json
from ..spec import AccessoryContainerSpec


def release_of(container: AccessoryContainerSpec, secrets_hash: str) -> str:
    """Name what a container is made of by a hash: 16 hex digits."""
    return hashlib.sha256(f"{to_json(container)} {secrets_hash}".encode()).hexdigest()[:16]


def folder_of(container: AccessoryContainerSpec) -> Path:
    """Return the accessory's folder, in the home directory of the SSH user, where every step runs."""
    return Path.cwd() / container.service


def file_path(container: AccessoryContainerSpec, remote: str) -> Path:
    """Return where the content of a mounted file is on this host, as in Kamal."""
    return folder_of(container) / remote.lstrip("/")


def directory_path(container: AccessoryContainerSpec, local: str) -> Path:
    """Return where a mounted folder is on this host: below the accessory's, or the absolute path."""
    return folder_of(container) / local


def accessory_words(container: AccessoryContainerSpec, name: str, release: str, environment: Environment) -> list[str]:
    """Return the arguments of `docker create` that make the container, as Kamal has them.

    Args:
        container: What it is made of.
        name: Its name for now.
        release: The hash of what it is made of.
        environment: Its variables.
    """
    labels = {
        **container.labels,
        # Last, so that no label of the user's can hide them.
        "service": container.service,
        "release": release,
    }
    return [
        *("--name", name),
        *("--network", container.network, "--pull", "never"),
        *("--restart", "unless-stopped"),
        *(("--publish", container.port) if container.port else ()),
        *_mount_words(container),
        *option_words(container.options),
        *label_words(labels),
        *environment_words(environment),
        container.image,
        *container.cmd,
    ]


def accessory_variables(container: AccessoryContainerSpec, secrets: Mapping[str, str]) -> dict[str, str]:
    """Return all environment variables of the container: the user's, the secret ones, and Kamal's."""
    return {**container.env, **secrets, "KAMAL_HOST": container.host}


def _mount_words(container: AccessoryContainerSpec) -> Iterator[str]:
    for file in container.files:
        yield from _volume(file_path(container, file.remote), file.remote, file.options)
    for directory in container.directories:
        yield from _volume(directory_path(container, directory.local), directory.remote, directory.options)
    for volume in container.volumes:
        yield from ("--volume", volume)


def _volume(path: Path, remote: str, options: Optional[str]) -> tuple[str, str]:
    return "--volume", f"{path}:{remote}" + (f":{options}" if options else "")
