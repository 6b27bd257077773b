"""The assets of a release: each of two versions also serves those of the other one, for as long as both are asked for theirs.

A browser that has a page of the old version may ask the new one for a file that this page names; and while the hosts switch
one after the other, the old one is asked for files of the new one. So the folder of the image is copied to the host, the files of
the release before are added, and the container has the result in place of its own folder. An asset is never overwritten:
what is in both versions under one name, each of them serves as its own.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from ..docker.client import DockerError, docker_failed
from ..docker.containers import Container
from ..identity import RoleIdentity, release_id, role_identity
from ..records.records import ReleaseRecord, RoleRecord
from ..records.role_folder import RoleFolder
from ..spec import ContainerSpec
from ..step.step import Step
from ..step.undo import Undo

READABLE_FILE, USABLE_FOLDER = 0o644, 0o755
"""What everybody may do at least: only root could keep the owners, and the app may run as any user. And what this user may
do: `docker cp` itself fails in a folder of its own that nobody may write to."""


@dataclass(frozen=True)
class AssetFolder:
    """A folder with assets of a release.

    Attributes:
        path: Where it is in the container.
        options: Of its mount, such as "ro"; "" for none.
        own: On the host, what the image has there.
        served: On the host, what the container has there: its own assets, and those of the release before.
    """

    path: str
    options: str
    own: Path
    served: Path

    @property
    def volume(self) -> str:
        """The value of `docker run --volume`."""
        return ":".join(part for part in (str(self.served.absolute()), self.path, self.options) if part)

    @property
    def is_read_only(self) -> bool:
        """Whether the container cannot change the files, so that several releases can share them."""
        return "ro" in self.options.split(",")


def asset_folders(folder: RoleFolder, release: str, container: ContainerSpec) -> list[AssetFolder]:
    """Return the folders with assets of a release, in the order of the settings."""
    return _asset_folders(folder.assets(release), container)


def bring_assets(
    step: Step, folder: RoleFolder, record: RoleRecord, release: str, containers: Sequence[Container], undo: Undo
) -> None:
    """Have the assets of a release on the host, and add them and those of the release that serves now to each other.

    Args:
        step: The step.
        folder: What the host remembers of the role.
        record: The role.
        release: The release.
        containers: The role's containers.
        undo: Takes back what was added to the release that serves now.

    Raises:
        StepError: The image has no such folder.
    """
    releases = folder.releases()
    made_of = releases[release]
    folders = asset_folders(folder, release, made_of.container)
    if not folders:
        return
    if not folder.assets(release).exists():
        _extract(step, folder, release, made_of)
    # After an interrupted switch nobody knows which of the two serves.
    for serving in {record.current, record.switching} & releases.keys() - {release}:
        made_of = releases[serving]
        before = asset_folders(folder, serving, made_of.container)
        _share(step, folders, before, f"version {made_of.container.version}", undo)
    for container in containers:
        if container.is_up and not container.release:
            _share(step, folders, _kamals_folders(step, container), container.name, undo)


def release_with_assets(
    folder: RoleFolder, release: str, container: ContainerSpec, containers: Sequence[Container]
) -> str:
    """Return a release's name, or another one where its container has lost the assets that it is to serve.

    A container whose folder was removed from the host (a wiped ~/.kamal) has an empty one until it ends: another one has to be made.
    """
    while (
        container.asset_path
        and not folder.assets(release).exists()
        and any(each.release == release for each in containers)
    ):
        release = release_id(container, "", release)
    return release


def remove_unfinished(step: Step, folder: RoleFolder, role: RoleIdentity) -> None:
    """Remove the container of a copy of assets that was killed."""
    if any(folder.path.glob("releases/*/assets.new")):
        step.docker.run("rm", "--force", "--volumes", _container_name(role), check=False)


def _extract(step: Step, folder: RoleFolder, release: str, made_of: ReleaseRecord) -> None:
    """Copy the assets out of the image. They appear on the host as a whole."""
    unfinished = folder.assets(release).with_name("assets.new")
    shutil.rmtree(unfinished, ignore_errors=True)
    folders = _asset_folders(unfinished, made_of.container)
    paths = ", ".join(each.path for each in folders)
    step.wait_for(f"Docker to copy {paths} out of the image")
    step.say(f"copying the assets in {paths} out of the image")
    container = _container_name(role_identity(made_of.container))
    for each in folders:
        each.own.mkdir(parents=True)
        each.served.mkdir()
    try:
        with step.docker.files.container_that_never_starts(made_of.image, container):
            for each in folders:
                with step.docker.files.reading(container, each.path) as archive:
                    _unpack(archive, each.own)
    except DockerError as error:
        raise docker_failed(
            f"the assets could not be copied. Check that {made_of.image} has the folder {paths} (asset_path).", error
        ) from None
    for each in folders:
        each.served.chmod(USABLE_FOLDER)
        _add_missing(each.own, each.served, _placing(each, each))
    unfinished.rename(folder.assets(release))


def _share(step: Step, folders: Sequence[AssetFolder], before: Sequence[AssetFolder], serving: str, undo: Undo) -> None:
    """Add the assets of a release and of what serves now to each other, where both have the same folder in the container."""
    there = {each.path: each for each in before}
    for assets in folders:
        if assets.path in there:
            _add(step, f"the assets of {serving}", there[assets.path], assets)
            undo.add(_remove, _add(step, f"its assets to {serving}", assets, there[assets.path]))


def _kamals_folders(step: Step, container: Container) -> list[AssetFolder]:
    """Return the folder with assets that Kamal has given to a container: its asset_path is where the container has it."""
    kept = (step.folder.path / "assets").resolve()
    found = []
    for data in step.docker.inspect(container.id):
        for mount in data.get("Mounts") or ():
            served = Path(mount.get("Source") or "").resolve()
            own = kept / "extracted" / served.name
            if served.parent == kept / "volumes" and own.is_dir():
                found.append(AssetFolder(mount["Destination"], "" if mount.get("RW") else "ro", own, served))
    return found


def _add(step: Step, what: str, source: AssetFolder, target: AssetFolder) -> list[Path]:
    """Add the assets of one release to those that another one serves, and return what was added."""
    try:
        added = _add_missing(source.own, target.served, _placing(source, target))
    except OSError as error:
        # What the container of a user of its own has made there, say. The release itself is whole.
        step.say(f"not all files were added ({what}): {error}")
        return []
    if added:
        step.say(f"added {what}: {len(added)} in {target.path}")
    return added


def _placing(source: AssetFolder, target: AssetFolder) -> Callable[[Path, Path], object]:
    """Return what gives a file a second place: a link needs no room, but has both places change at once."""
    return _link if source.is_read_only and target.is_read_only else shutil.copy2


def _link(source: Path, target: Path) -> None:
    os.link(source, target)


def _add_missing(source: Path, target: Path, place: Callable[[Path, Path], object]) -> list[Path]:
    """Add what a folder has and another one has not, and return what was added."""
    added = []
    for found in sorted(source.iterdir()):
        new = target / found.name
        if not os.path.lexists(new):
            if found.is_symlink():
                new.symlink_to(found.readlink())
            elif found.is_dir():
                new.mkdir()
                new.chmod(found.stat().st_mode & 0o777)
            else:
                place(found, new)
            added.append(new)
        if _is_folder(found) and _is_folder(new):
            added += _add_missing(found, new, place)
    return added


def _unpack(stream: IO[bytes], target: Path) -> None:
    """Unpack an archive of a folder. What it holds is what Docker has found there: no name leads out of it."""
    # Imported late: few roles have assets.
    import tarfile

    with suppress(tarfile.ReadError), tarfile.open(fileobj=stream, mode="r|") as archive:
        # An archive that is empty is no archive: Docker itself says why.
        for entry in archive:
            path = _below(target, entry.name)
            if entry.isdir():
                path.mkdir(exist_ok=True)
                path.chmod(entry.mode & 0o777 | USABLE_FOLDER)
            elif entry.issym():
                path.symlink_to(entry.linkname)
            elif entry.islnk():
                os.link(_below(target, entry.linkname), path)
            elif content := archive.extractfile(entry):
                with path.open("wb") as file:
                    shutil.copyfileobj(content, file)
                path.chmod(entry.mode & 0o777 | READABLE_FILE)
                # Last-Modified is the same on all hosts.
                os.utime(path, (entry.mtime, entry.mtime))


def _below(target: Path, name: str) -> Path:
    """Return where an entry of an archive belongs. The first part of its name is that of the folder itself."""
    return target.joinpath(*PurePosixPath(name).parts[1:])


def _remove(paths: Sequence[Path]) -> None:
    """Remove files, and folders that are empty then: the container may have put something there."""
    for path in reversed(paths):
        with suppress(OSError):
            if _is_folder(path):
                path.rmdir()
            else:
                path.unlink()


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _asset_folders(root: Path, container: ContainerSpec) -> list[AssetFolder]:
    found = []
    for number, text in enumerate(container.asset_path or ()):
        path, _, options = text.partition(":")
        found.append(AssetFolder(path, options, root / str(number) / "own", root / str(number) / "served"))
    return found


def _container_name(role: RoleIdentity) -> str:
    return f"{role.prefix}-assets"
