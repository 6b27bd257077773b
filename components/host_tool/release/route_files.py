"""The files that kamal-proxy needs for a role's route, and those that it no longer needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Optional

from ..errors import StepError
from ..identity import check_name
from ..proxy.files import FileSet, certificate_files, error_page_files
from ..records.records import RoleRecord
from ..records.role_folder import RoleFolder
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
    files = []
    if certificate_hash:
        certificate = folder.certificate(check_name("certificate", certificate_hash))
        if certificate is None:
            raise StepError(
                f"the certificate {certificate_hash} of role {step.role} is not on this host any more. Have the certificate "
                "step run again: pulumi up --replace, with its URN."
            )
        files.append(certificate_files(certificate_hash, certificate))
    if error_pages:
        files.append(error_page_files(error_pages))
    return files


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
    if step.proxy.remove_files(step.folder.app, step.role, unused if kept else ("",)):
        folder.save(replace(record, files=tuple(sorted(kept))))
    else:
        step.say(f"kamal-proxy still has {', '.join(unused)}: they could not be removed, and are not used any more")
