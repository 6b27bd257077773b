"""The files and folders that an accessory mounts: made, and deleted where that is wanted."""

from __future__ import annotations

import base64
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Optional

from ..docker.client import DockerError, docker_failed
from ..spec import AccessoryContainerSpec, FileSpec
from ..step.step import Step
from .words import directory_path, file_path, folder_of

DEFAULT_DIRECTORY_MODE = 0o755

INSIDE = "/kamal"
"""Where a helper container has what it changes."""


def make_directories(step: Step, container: AccessoryContainerSpec) -> None:
    """Have the folders of the settings there. What is there already keeps its content.

    Raises:
        StepError: One cannot be made, or not be given its mode or owner.
    """
    _make_folder(folder_of(container))
    for directory in container.directories:
        path = directory_path(container, directory.local)
        _make_folder(path)
        _set_mode_and_owner(step, container.image, path, directory.mode, directory.owner)


def write_files(step: Step, container: AccessoryContainerSpec) -> None:
    """Write the files of the settings, each whole. A container that runs keeps what it has mounted.

    Raises:
        StepError: One cannot be written, or not be given its mode or owner.
    """
    for file in container.files:
        path = file_path(container, file.remote)
        _make_folder(path.parent)
        if path.is_dir() and not path.is_symlink():
            # Docker has made an empty folder where a file was missing.
            path.rmdir()
        new = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            new.write_bytes(_content(file))
            new.chmod(int(file.mode, 8))
            _set_mode_and_owner(step, container.image, new, None, file.owner)
            new.replace(path)
        finally:
            new.unlink(missing_ok=True)


def delete_data(step: Step, container: AccessoryContainerSpec) -> None:
    """Delete the folder of an accessory that was removed, and its named volumes. Absolute paths are not its own: they stay.

    Raises:
        StepError: Something could not be deleted.
    """
    folder = folder_of(container)
    for volume in named_volumes(container):
        step.say(f"deleting the volume {volume}")
        try:
            step.docker.run("volume", "rm", "--force", volume)
        except DockerError as error:
            raise docker_failed(f"the volume {volume} could not be deleted.", error) from None
    if folder.is_dir():
        step.say(f"deleting ~/{container.service} with all that is in it")
        shutil.rmtree(folder, ignore_errors=True)
        if folder.exists():
            # What a container has made there may be another user's.
            left = [f"{INSIDE}/{path.name}" for path in folder.iterdir()]
            _as_root(step, container.image, folder, "rm", "-rf", *left)
            folder.rmdir()


def named_volumes(container: AccessoryContainerSpec) -> list[str]:
    """Return the names of the volumes that an accessory mounts; a path of the host is none."""
    names = [volume.partition(":")[0] for volume in container.volumes]
    return [name for name in names if not name.startswith("/")]


def data_in_words(container: AccessoryContainerSpec) -> str:
    """Return where the data of an accessory is on this host."""
    places = [f"~/{container.service}", *(f"the volume {name}" for name in named_volumes(container))]
    places += [each.local for each in container.directories if each.local.startswith("/")]
    return ", ".join(places)


def _make_folder(path: Path) -> None:
    missing = [path, *path.parents][: [each.is_dir() for each in (path, *path.parents)].index(True)]
    for folder in reversed(missing):
        folder.mkdir(exist_ok=True)
        # Whatever the umask: the container's user has to get in.
        folder.chmod(DEFAULT_DIRECTORY_MODE)


def _content(file: FileSpec) -> bytes:
    return base64.b64decode(file.content) if file.base64 else file.content.encode()


def _set_mode_and_owner(step: Step, image: str, path: Path, mode: Optional[str], owner: Optional[str]) -> None:
    """Give a file or folder its mode and its owner: by ourselves where we may, else as root in a container of the image.

    There an owner may have a name, too: the one that the image knows.
    """
    if mode and path.stat().st_mode & 0o7777 != int(mode, 8):
        try:
            path.chmod(int(mode, 8))
        except PermissionError:
            _as_root(step, image, path, "chmod", mode, INSIDE)
    if owner and not _has_owner(path, owner):
        try:
            os.chown(path, *_numbers(owner))
        except (PermissionError, ValueError):
            _as_root(step, image, path, "chown", owner, INSIDE)


def _numbers(owner: str) -> tuple[int, int]:
    """Return the numbers of an owner, -1 for a group that it does not name."""
    user, _, group = owner.partition(":")
    return int(user), int(group or -1)


def _has_owner(path: Path, owner: str) -> bool:
    try:
        user, group = _numbers(owner)
    except ValueError:
        return False
    found = path.stat()
    return found.st_uid == user and group in (-1, found.st_gid)


def _as_root(step: Step, image: str, path: Path, program: str, *words: str) -> None:
    """Run a program of the image as root on a file or folder of this host."""
    mount = ("--volume", f"{path}:{INSIDE}")
    options: Sequence[str] = ("--rm", "--network", "none", "--user", "0:0", "--pull", "never", *mount)
    try:
        step.docker.run("run", *options, "--entrypoint", program, image, *words)
    except DockerError as error:
        message = (
            f"{' '.join((program, *words)).replace(INSIDE, str(path))} failed in a container of {image}. Do it on "
            f"{step.machine} as root, then deploy again."
        )
        raise docker_failed(message, error) from None
