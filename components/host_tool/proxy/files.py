"""Files that kamal-proxy reads for a route: own certificates and error pages.

They lie in kamal-proxy's volume, beside its routes: a route whose files are missing costs kamal-proxy all of its routes at its
next start, and a folder of the host could be lost without the routes. Files of another content lie in another folder, so that
none changes while a route uses it.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Optional

if TYPE_CHECKING:
    import tarfile

CONFIG = "/home/kamal-proxy/.config/kamal-proxy"
"""The folder in kamal-proxy's container that is a volume, and holds its routes and certificates."""

APPS = "apps-config"
"""The folder in it with the files of roles. Only its name is Kamal's, which has it elsewhere."""

ACCESSORIES = "accessories-config"
"""The folder in it with the files of accessories: one may have the name that a role has had."""

CERTIFICATE, PRIVATE_KEY = "cert.pem", "key.pem"


@dataclass(frozen=True)
class FileSet:
    """Files of a route that belong together.

    Attributes:
        name: The name of their folder, which changes with their content.
        files: By name, their content.
    """

    name: str
    files: Mapping[str, str]


def certificate_set(certificate_hash: str) -> str:
    """Return the name of the set of files that a certificate is."""
    return f"tls-{certificate_hash}"


def certificate_files(certificate_hash: str, certificate: Mapping[str, str]) -> FileSet:
    """Return a certificate with its key as kamal-proxy reads them.

    Args:
        certificate_hash: The name under which the host keeps it.
        certificate: The fields of `spec.CertificateSpec`.
    """
    return FileSet(
        certificate_set(certificate_hash),
        {CERTIFICATE: certificate["certificate_pem"], PRIVATE_KEY: certificate["private_key_pem"]},
    )


def error_page_files(pages: Mapping[str, str]) -> FileSet:
    """Return error pages as kamal-proxy reads them."""
    digest = hashlib.sha256(json.dumps(pages, sort_keys=True).encode()).hexdigest()
    return FileSet(f"error_pages-{digest[:16]}", pages)


def folder_of_role(app: str, role: str) -> str:
    """Return the folder with the files of a role's route, from CONFIG."""
    return f"{APPS}/{app}/{role}"


def folder_of_accessory(app: str, accessory: str) -> str:
    """Return the folder with the files of an accessory's route, from CONFIG."""
    return f"{ACCESSORIES}/{app}/{accessory}"


def file_flags(route_folder: str, sets: Iterable[FileSet]) -> list[str]:
    """Return the flags of `kamal-proxy deploy` that name the files of a route, which are in a folder of CONFIG."""
    flags = []
    for each in sets:
        folder = f"{CONFIG}/{route_folder}/{each.name}"
        if PRIVATE_KEY in each.files:
            flags += [
                f"--tls-certificate-path={folder}/{CERTIFICATE}",
                f"--tls-private-key-path={folder}/{PRIVATE_KEY}",
            ]
        else:
            flags += [f"--error-pages={folder}"]
    return flags


@dataclass(frozen=True)
class ConfigFolder:
    """What is in kamal-proxy's volume.

    Attributes:
        user, group: Whose it is: who kamal-proxy runs as.
        files: The content of the files of routes, by their paths from CONFIG.
    """

    user: int
    group: int
    files: Mapping[str, bytes]

    def has(self, route_folder: str, wanted: FileSet) -> bool:
        """Return whether a set of files is in a route's folder, whole."""
        folder = f"{route_folder}/{wanted.name}"
        return all(self.files.get(f"{folder}/{name}") == text.encode() for name, text in wanted.files.items())

    def has_set(self, route_folder: str, name: str) -> bool:
        """Return whether there is any file of a set in a route's folder."""
        return any(path.startswith(f"{route_folder}/{name}/") for path in self.files)


def read_config_folder(archive: bytes) -> ConfigFolder:
    """Return what is in the archive of kamal-proxy's volume."""
    # Imported late, here and below: few steps need it.
    import tarfile

    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        members = {member.name.partition("/")[2]: member for member in tar}
        of_routes = (f"{APPS}/", f"{ACCESSORIES}/")
        contents = {path: tar.extractfile(member) for path, member in members.items() if path.startswith(of_routes)}
        files = {path: content.read() for path, content in contents.items() if content}
    return ConfigFolder(members[""].uid, members[""].gid, files)


def archive_of(route_folder: str, sets: Iterable[FileSet], folder: ConfigFolder) -> bytes:
    """Return sets of files of a route as an archive for CONFIG. Only kamal-proxy's user can read them."""
    import tarfile

    output = io.BytesIO()
    with tarfile.open(fileobj=output, mode="w") as tar:
        names = route_folder.split("/")
        for depth in range(len(names)):
            _add(tar, "/".join(names[: depth + 1]), None, folder)
        for each in sets:
            path = f"{route_folder}/{each.name}"
            _add(tar, path, None, folder)
            for name, text in sorted(each.files.items()):
                _add(tar, f"{path}/{name}", text.encode(), folder)
    return output.getvalue()


def _add(tar: tarfile.TarFile, path: str, content: Optional[bytes], folder: ConfigFolder) -> None:
    import tarfile

    entry = tarfile.TarInfo(path)
    entry.uid, entry.gid = folder.user, folder.group
    if content is None:
        entry.type, entry.mode = tarfile.DIRTYPE, 0o700
        tar.addfile(entry)
    else:
        entry.mode, entry.size = 0o600, len(content)
        tar.addfile(entry, io.BytesIO(content))
