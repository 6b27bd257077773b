"""inspect APP: what runs, role by role. Changes nothing."""

from __future__ import annotations

from ..docker.client import DockerError
from ..records.role_folder import RoleFolder
from ..release.container import container_of
from ..release.running import running_of
from ..result import Inspection, RoleInspection
from ..step.step import Step

CHANGES = False


def run(step: Step) -> Inspection:
    """Look at every role of the app."""
    return Inspection({folder.path.name: _inspect(step, folder) for folder in step.folder.roles()})


def _inspect(step: Step, folder: RoleFolder) -> RoleInspection:
    """Look at a role. Its state is "absent" where the current release has no container."""
    record = folder.record()
    release = folder.release(record.current) if record else None
    if not record or not release:
        return RoleInspection("absent")
    found = container_of(record.current, step.docker.containers(record.identity))
    if not found:
        return RoleInspection("absent")
    try:
        details, _ = step.docker.details(found.id, release.image)
    except DockerError:
        return RoleInspection(found.state)
    return RoleInspection(found.state, running_of(details, release.image, folder.version_of(record.previous)))
