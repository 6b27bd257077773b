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
        deployment: The role on the host.
        command: The Command that has switched.
        running: What the host says runs: container, version, digest, release, since (UTC), previous (a version).
    """

    deployment: RoleDeployment
    command: RemoteCommand
    running: pulumi.Output[Mapping[str, str]]


def switch_to(candidate: Candidate, depends_on: Iterable[pulumi.Resource]) -> Switch:
    """Declare the step that switches a role to its candidate.

    The host routes to the candidate (or, without proxy, starts it), drains the old container and stops it, compares
    what runs with what was wanted, and prints it.
    """
    deployment = candidate.deployment
    settings = deployment.settings
    waits = settings.deploy_timeout + settings.drain_timeout + settings.readiness_delay + deployment.role.stop_timeout
    command = remote_command(
        f"{deployment.resource_name}-switch",
        deployment.host.connection,
        create=deployment.host.tool.call(
            "switch", deployment.role.name, candidate.release, candidate.previous, limit=waits + MARGIN
        ),
        stdin=spec_input(_switch_spec(deployment)),
        opts=deployment.child("switch", candidate.command, *depends_on),
    )
    return Switch(deployment, command, running=command.stdout.apply(parse_spec))


def _switch_spec(deployment: RoleDeployment) -> Spec:
    settings = deployment.settings
    return {
        "version": deployment.image.version,
        "host": deployment.host.address,
        "mode": deployment.mode,
        "stop_timeout": str(deployment.role.stop_timeout),
        "retain": str(settings.retain_containers),
        **readiness_spec(deployment),
        **(route_spec(settings, deployment.role.proxy) if deployment.role.proxy else {}),
    }
