"""The files that kamal-proxy needs for a route, and those that it no longer needs for a role's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Optional

from ..errors import StepError
from ..identity import check_name
from ..proxy.files import FileSet, certificate_files, error_page_files, folder_of_role
from ..records.records import RoleRecord
from ..records.role_folder import RoleFolder
from ..records.secrets_folder import SecretsFolder
from ..step.step import Step


def files_of_route(
    step: Step, folder: RoleFolder, certificate_hash: str, error_pages: Optional[Mapping[str, str]]
) -> list[FileSet]:
    """Return the files that kamal-proxy needs for a route.

    Args:
        step: The step.
        folder: What the host remembers of the role.
        certificate_hash: The name of the role's own certificate, "" for none.
        error_pages: Its error pages.

    Raises:
        StepError: The certificate is gone.
    """
    files = files_of_certificate(folder, certificate_hash, f"role {step.role}")
    if error_pages:
        files.append(error_page_files(error_pages))
    return files


def files_of_certificate(folder: SecretsFolder, certificate_hash: str, whose: str) -> list[FileSet]:
    """Return the files that kamal-proxy needs for a certificate.

    Args:
        folder: What the host remembers of the role or accessory.
        certificate_hash: The certificate's name, "" for none.
        whose: The role or accessory, in words.

    Raises:
        StepError: The certificate is gone.
    """
    if not certificate_hash:
        return []
    certificate = folder.certificate(check_name("certificate", certificate_hash))
    if certificate is None:
        raise StepError(
            f"the certificate {certificate_hash} of {whose} is not on this host any more. Have the certificate step run "
            "again: pulumi up --replace, with its URN."
        )
    return [certificate_files(certificate_hash, certificate)]


def forget_unused_files(step: Step, folder: RoleFolder, record: RoleRecord, used: Sequence[FileSet] = ()) -> None:
    """Remove what kamal-proxy was given for a role's earlier routes.

    Args:
        step: The step.
        folder: What the host remembers of the role.
        record: The role, which knows what kamal-proxy may have.
        used: What its present route uses; nothing where it has none.
    """
    kept = {each.name for each in used}
    unused = sorted(set(record.files) - kept)
    if not unused:
        return
    if step.proxy.remove_files(folder_of_role(step.folder.app, step.role), unused if kept else ("",)):
        folder.save(replace(record, files=tuple(sorted(kept))))
    else:
        step.say(f"kamal-proxy still has {', '.join(unused)}: they could not be removed, and are not used any more")
