"""apps/APP under ~/.kamal: what a host remembers of an app."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Optional

from ..identity import digest_of
from ..spec import RegistryLoginSpec
from .accessory_folder import AccessoryFolder
from .files import load, save, write_whole
from .login import save_login
from .records import AppRecord, HostRecord, TaskRecord, Versions
from .role_folder import RoleFolder

KAMAL = Path(".kamal")
"""The folder of all apps, in the home directory of the SSH user, where every step runs."""

MOST_VERSIONS = 200
"""How many versions, and how many finished tasks, are remembered."""

OF_KAMAL = ("env", "assets")
"""Kamal's own folders in that of an app."""


class AppFolder:
    """What a host remembers of an app."""

    def __init__(self, app: str, kamal: Path = KAMAL) -> None:
        self.app, self.kamal = app, kamal
        self.path = kamal / "apps" / app
        self.proxy_lock = kamal / "proxy" / "lock"
        self.tasks_lock = self.path / "tasks" / "lock"
        self.audit_log = self.path / "audit.log"
        self.tools = self.path / "bin"

    def role(self, name: str) -> RoleFolder:
        """Return the folder of a role."""
        return RoleFolder(self.path / "roles" / name)

    def roles(self) -> list[RoleFolder]:
        """Return the folders of all roles."""
        return [RoleFolder(path) for path in sorted(self.path.glob("roles/*")) if path.is_dir()]

    def accessory(self, name: str) -> AccessoryFolder:
        """Return the folder of an accessory."""
        return AccessoryFolder(self.path / "accessories" / name)

    def accessories(self) -> list[AccessoryFolder]:
        """Return the folders of all accessories."""
        return [AccessoryFolder(path) for path in sorted(self.path.glob("accessories/*")) if path.is_dir()]

    # The host.

    def host(self) -> Optional[HostRecord]:
        """Return what `prepare` has noted of the host, None before."""
        return load(HostRecord, self.path / "host.json")

    def save_host(self, record: HostRecord) -> None:
        """Note what is known of the host."""
        save(self.path / "host.json", record)

    # The owner.

    def app_record(self) -> Optional[AppRecord]:
        """Return whose the app is, None where no owner has been noted: before the first `prepare`, or by an older tool."""
        return load(AppRecord, self.path / "app.json")

    def save_app(self, record: AppRecord) -> None:
        """Note whose the app is."""
        save(self.path / "app.json", record)

    def other_apps(self) -> list[AppFolder]:
        """Return the folders of the other apps on this host."""
        paths = sorted(path for path in self.kamal.glob("apps/*") if path.is_dir() and path != self.path)
        return [AppFolder(path.name, self.kamal) for path in paths]

    # Secrets.

    def fingerprint_key(self) -> bytes:
        """Return the key with which secrets are hashed, which never leaves the host. It is made at the first call."""
        path = self.path / "fingerprint.key"
        if not path.exists():
            new = path.with_name(f".{path.name}.{os.getpid()}")
            new.write_bytes(os.urandom(32))
            try:
                # Fails when another step was faster: then its key is the key.
                os.link(new, path)
            except FileExistsError:
                pass
            finally:
                new.unlink()
        return path.read_bytes()

    @property
    def login_folder(self) -> Path:
        """The folder that Docker reads the registry's login from (DOCKER_CONFIG)."""
        return self.path / "registry"

    def save_login(self, login: Optional[RegistryLoginSpec]) -> None:
        """Keep the registry's login in the form that Docker reads; None for none."""
        save_login(self.login_folder, login)

    # Images and versions.

    def save_image(self, image: str) -> Path:
        """Remember that this app uses an image, and return the file that says so."""
        record = self.path / "images" / digest_of(image).rpartition(":")[2]
        write_whole(record, image + "\n")
        return record

    def unused_images(self) -> Iterator[tuple[str, Path]]:
        """Yield the images that the app has used and no release is made from any more, with the files that say so."""
        used = {record.image for role in self.roles() for record in role.releases().values()}
        for path in self.path.glob("images/*"):
            try:
                image = path.read_text().strip()
            except FileNotFoundError:
                # The step of another role has just removed it.
                continue
            if image not in used:
                yield image, path

    def versions(self) -> Versions:
        """Return the versions that the app has run on this host."""
        return load(Versions, self.path / "versions.json") or Versions()

    def save_version(self, version: str, digest: str) -> None:
        """Remember that a version runs."""
        others = {name: known for name, known in self.versions().digests.items() if name != version}
        kept = [*others.items(), (version, digest)][-MOST_VERSIONS:]
        save(self.path / "versions.json", Versions(dict(kept)))

    # Release tasks.

    def task_of(self, version: str) -> Optional[TaskRecord]:
        """Return the release task that has ended well for a version.

        The first release did not note the command: its command is (), which stands for any.
        """
        done = self.path / "tasks" / f"{version}.json"
        return load(TaskRecord, done) or (TaskRecord(()) if done.with_suffix("").exists() else None)

    def save_task(self, version: str, record: TaskRecord) -> None:
        """Remember that a release task has ended well for a version."""
        save(self.path / "tasks" / f"{version}.json", record)
        done = [path for path in self.path.glob("tasks/*") if path != self.tasks_lock]
        for path in sorted(done, key=lambda path: path.stat().st_mtime)[:-MOST_VERSIONS]:
            path.unlink()

    def forget(self, *, with_proxy: bool, with_kamals: bool) -> None:
        """Forget the app, and ~/.kamal with the last one.

        Args:
            with_proxy: Whether kamal-proxy is gone: while it is there, it may need what Kamal has in its folder.
            with_kamals: Whether Kamal's files of the app go, too: they stay where its containers do.
        """
        is_last = not self.other_apps()
        if with_proxy:
            shutil.rmtree(self.kamal / "proxy", ignore_errors=True)
        elif is_last:
            self.proxy_lock.unlink(missing_ok=True)
        for path in self.path.iterdir() if self.path.is_dir() else ():
            if path.is_dir() and (with_kamals or path.name not in OF_KAMAL):
                shutil.rmtree(path, ignore_errors=True)
            elif not path.is_dir():
                path.unlink(missing_ok=True)
        # Other things of the user's may be there.
        for path in (self.path, *((self.kamal / "proxy", self.kamal / "apps", self.kamal) if is_last else ())):
            with suppress(OSError):
                path.rmdir()
