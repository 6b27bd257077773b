"""A candidate: the new container beside the old one, healthy, with nothing routed to it."""

from collections.abc import Iterable
from dataclasses import dataclass

import pulumi

from .command import RemoteCommand, remote_command, step_input, step_result
from .host import MARGIN
from .host_tool.result import StartedCandidate
from .host_tool.spec import CandidateSpec
from .proxy import probe_spec
from .role_deployment import RoleDeployment

PULL_LIMIT = 1200
"""Seconds that a pull may take: a first image over a slow line."""


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
    """Declare the step that pulls the image, starts a role's new container and waits until it is healthy."""
    settings, role = deployment.settings, deployment.role
    spec = deployment.container_spec.apply(
        lambda container: CandidateSpec(
            container=container,
            deploy_timeout=settings.deploy_timeout,
            proxy=probe_spec(role.proxy) if role.proxy else None,
        )
    )
    command = remote_command(
        f"{deployment.resource_name}-candidate",
        deployment.host.connection,
        create=deployment.host.tool.call(
            "candidate",
            role.name,
            deployment.image.reference,
            deployment.secrets_hash,
            *deployment.image.build_words,
            limit=PULL_LIMIT + settings.deploy_timeout + MARGIN,
        ),
        stdin=step_input(spec),
        reason=deployment.reason("candidate"),
        opts=deployment.child("candidate", *deployment.before_pull, *depends_on),
    )
    started = step_result(command, StartedCandidate)
    return Candidate(
        deployment,
        command,
        release=started.apply(lambda started: started.release),
        previous=started.apply(lambda started: started.previous),
    )
