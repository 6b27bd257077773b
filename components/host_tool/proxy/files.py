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
"""The folder in it with the files of apps. Only its name is Kamal's, which has it elsewhere."""

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


def certificate_files(certificate_hash: str, certificate: Mapping[str, str]) -> FileSet:
    """Return a certificate with its key as kamal-proxy reads them.

    Args:
        certificate_hash: The name under which the host keeps it.
        certificate: The fields of `spec.CertificateSpec`.
    """
    return FileSet(
        f"tls-{certificate_hash}",
        {CERTIFICATE: certificate["certificate_pem"], PRIVATE_KEY: certificate["private_key_pem"]},
    )


def error_page_files(pages: Mapping[str, str]) -> FileSet:
    """Return error pages as kamal-proxy reads them."""
    digest = hashlib.sha256(json.dumps(pages, sort_keys=True).encode()).hexdigest()
    return FileSet(f"error_pages-{digest[:16]}", pages)


def folder_of(app: str, role: str, name: str = "") -> str:
    """Return the folder of a set of files in kamal-proxy's container; without a name that of the role."""
    return "/".join(part for part in (CONFIG, APPS, app, role, name) if part)


def file_flags(app: str, role: str, sets: Iterable[FileSet]) -> list[str]:
    """Return the flags of `kamal-proxy deploy` that name the files."""
    flags = []
    for each in sets:
        folder = folder_of(app, role, each.name)
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
        files: The content of the files of apps, by their paths from CONFIG.
    """

    user: int
    group: int
    files: Mapping[str, bytes]

    def has(self, app: str, role: str, wanted: FileSet) -> bool:
        """Return whether a set of files is there, whole."""
        folder = f"{APPS}/{app}/{role}/{wanted.name}"
        return all(self.files.get(f"{folder}/{name}") == text.encode() for name, text in wanted.files.items())

    def has_folder(self, app: str, role: str, name: str) -> bool:
        """Return whether there is any file in the folder of a set."""
        return any(path.startswith(f"{APPS}/{app}/{role}/{name}/") for path in self.files)


def read_config_folder(archive: bytes) -> ConfigFolder:
    """Return what is in the archive of kamal-proxy's volume."""
    # Imported late, here and below: few steps need it.
    import tarfile

    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        members = {member.name.partition("/")[2]: member for member in tar}
        contents = {path: tar.extractfile(member) for path, member in members.items() if path.startswith(f"{APPS}/")}
        files = {path: content.read() for path, content in contents.items() if content}
    return ConfigFolder(members[""].uid, members[""].gid, files)


def archive_of(app: str, role: str, sets: Iterable[FileSet], folder: ConfigFolder) -> bytes:
    """Return sets of files as an archive for CONFIG. Only kamal-proxy's user can read them."""
    import tarfile

    output = io.BytesIO()
    with tarfile.open(fileobj=output, mode="w") as tar:
        for path in (APPS, f"{APPS}/{app}", f"{APPS}/{app}/{role}"):
            _add(tar, path, None, folder)
        for each in sets:
            path = f"{APPS}/{app}/{role}/{each.name}"
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
