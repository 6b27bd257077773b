"""The switch: from now on a role's candidate answers the requests, and the old container is retired."""

from collections.abc import Iterable
from dataclasses import dataclass

import pulumi

from .candidate import Candidate
from .command import RemoteCommand, remote_command, step_input, step_result
from .host import MARGIN
from .host_tool.result import Running
from .host_tool.spec import SwitchSpec
from .proxy import route_spec
from .role_deployment import RoleDeployment


@dataclass(frozen=True)
class Switch:
    """A role's switch on its host.

    Attributes:
        deployment: The role on the host.
        command: The Command that has switched.
        running: What the host says runs.
    """

    deployment: RoleDeployment
    command: RemoteCommand
    running: pulumi.Output[Running]


def switch_to(candidate: Candidate, depends_on: Iterable[pulumi.Resource]) -> Switch:
    """Declare the step that switches a role to its candidate.

    The host routes to the candidate (or, without proxy, starts it), drains the old container and stops it, compares
    what runs with what was wanted, and prints it.
    """
    deployment = candidate.deployment
    settings = deployment.settings
    waits = settings.deploy_timeout + settings.drain_timeout + settings.readiness_delay + deployment.role.stop_timeout
    if settings.maintenance:
        # Open requests end once more before it.
        waits += settings.drain_timeout
    command = remote_command(
        f"{deployment.resource_name}-switch",
        deployment.host.connection,
        create=deployment.host.tool.call(
            "switch",
            deployment.role.name,
            candidate.release,
            candidate.previous,
            # Another certificate is another switch, and nothing else.
            *([deployment.certificate] if deployment.certificate else []),
            limit=waits + MARGIN,
        ),
        stdin=step_input(deployment.image.version.apply(lambda version: switch_spec(deployment, version))),
        reason=deployment.reason("switch"),
        opts=deployment.child("switch", candidate.command, *depends_on),
    )
    return Switch(deployment, command, running=step_result(command, Running))


def switch_spec(deployment: RoleDeployment, version: str) -> SwitchSpec:
    """Return what the host is told about the switch to a version."""
    settings, role = deployment.settings, deployment.role
    return SwitchSpec(
        version=version,
        deploy_timeout=settings.deploy_timeout,
        stop_timeout=role.stop_timeout,
        retain_containers=settings.retain_containers,
        proxy=route_spec(role.proxy) if role.proxy else None,
        drain_timeout=settings.drain_timeout if role.proxy else None,
        strategy=None if role.proxy else role.strategy,
        readiness_delay=None if role.proxy else settings.readiness_delay,
        maintenance=settings.maintenance_message if role.proxy else None,
        error_pages=dict(deployment.error_pages) or None if role.proxy else None,
    )
