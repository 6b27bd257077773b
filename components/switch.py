"""The switch: from now on a role's candidate answers the requests, and the old container is retired."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pulumi

from .candidate import Candidate, readiness_spec
from .command import RemoteCommand, Spec, remote_command, spec_input
from .host import MARGIN
from .host_tool.spec import parse_spec
from .proxy import route_spec
from .role_deployment import RoleDeployment


@dataclass(frozen=True)
class Switch:
    """A role's switch on its host.

    Attributes:
        role: The role on the host.
        command: The Command that has switched.
        running: What the host says runs: container, version, digest, release, since (UTC), previous (a version).
    """

    role: RoleDeployment
    command: RemoteCommand
    running: pulumi.Output[Mapping[str, str]]


def switch_to(candidate: Candidate, depends_on: Iterable[pulumi.Resource]) -> Switch:
    """Declare the step that switches a role to its candidate.

    The host routes to the candidate (or, without proxy, starts it), drains the old container and stops it, compares
    what runs with what was wanted, and prints it.
    """
    role = candidate.role
    settings = role.settings
    waits = settings.deploy_timeout + settings.drain_timeout + settings.readiness_delay + role.role.stop_timeout
    command = remote_command(
        f"{role.resource_name}-switch",
        role.host.connection,
        create=role.host.tool.call(
            "switch", role.role.name, candidate.release, candidate.previous, limit=waits + MARGIN
        ),
        stdin=spec_input(_switch_spec(role)),
        opts=role.child("switch", candidate.command, *depends_on),
    )
    return Switch(role, command, running=command.stdout.apply(parse_spec))


def _switch_spec(role: RoleDeployment) -> Spec:
    settings = role.settings
    return {
        "version": role.image.version,
        "host": role.host.address,
        "mode": role.mode,
        "stop_timeout": str(role.role.stop_timeout),
        "retain": str(settings.retain_containers),
        **readiness_spec(role),
        **(route_spec(settings, role.role.proxy) if role.role.proxy else {}),
    }
