"""A candidate: the new container beside the old one, healthy, with nothing routed to it."""

from collections.abc import Iterable
from dataclasses import dataclass

import pulumi

from .command import RemoteCommand, remote_command, spec_input
from .host import MARGIN
from .host_tool.spec import parse_spec
from .proxy import healthcheck_spec
from .role_deployment import RoleDeployment


@dataclass(frozen=True)
class Candidate:
    """A role's new container on its host.

    Attributes:
        deployment: The role on the host.
        command: The Command that has started the container.
        release: The hash of everything that makes the container, by which the host knows it.
        previous: The release that the switch comes from, "none" for the first.
    """

    deployment: RoleDeployment
    command: RemoteCommand
    release: pulumi.Output[str]
    previous: pulumi.Output[str]


def start_candidate(deployment: RoleDeployment, depends_on: Iterable[pulumi.Resource]) -> Candidate:
    """Declare the step that starts a role's new container and waits until it is healthy."""
    settings = deployment.settings
    command = remote_command(
        f"{deployment.resource_name}-candidate",
        deployment.host.connection,
        create=deployment.host.tool.call(
            "candidate",
            deployment.role.name,
            deployment.image.reference,
            deployment.secrets_hash,
            limit=settings.deploy_timeout + MARGIN,
        ),
        stdin=spec_input({**deployment.container_spec(), **readiness_spec(deployment)}),
        opts=deployment.child("candidate", *depends_on),
    )
    output = command.stdout.apply(parse_spec)
    return Candidate(deployment, command, release=output["release"], previous=output["from"])


def readiness_spec(deployment: RoleDeployment) -> dict[str, str]:
    """Return how a host finds out that the role's container is ready."""
    settings = deployment.settings
    if deployment.role.proxy:
        return healthcheck_spec(settings, deployment.role.proxy)
    return {
        "gate.deploy-timeout": f"{settings.deploy_timeout}s",
        "gate.readiness_delay": str(settings.readiness_delay),
    }
