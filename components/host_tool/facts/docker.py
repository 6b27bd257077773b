"""What Docker and kamal-proxy say, asked at once: each call of Docker takes 20 to 70 ms."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from typing import Optional

from ..at_once import later
from ..docker.client import Engine
from ..errors import StepError
from ..host_checks import check_docker
from ..proxy.client import ProxyError
from ..proxy_container import find_proxy
from ..result import ProxyFacts, RouteFacts
from ..step.step import Step
from .roles import LabelledContainer, containers_of

NO_ENGINE = Engine("", "", "")


@dataclass(frozen=True)
class DockerFacts:
    """What Docker says.

    Attributes:
        engine: The engine; its fields are "" where it cannot be used.
        problem: Why it cannot be used, "" where it can.
        network: Whether the network is there.
        proxy: kamal-proxy's container, None where there is none.
        replacing: Whether a replacement of it was interrupted.
        routes: kamal-proxy's routes; None where it does not answer.
        containers: Those of the app.
    """

    engine: Engine = NO_ENGINE
    problem: str = ""
    network: bool = False
    proxy: Optional[ProxyFacts] = None
    replacing: bool = False
    routes: Optional[dict[str, RouteFacts]] = None
    containers: list[LabelledContainer] = field(default_factory=list)


def docker_facts(step: Step, network: str) -> DockerFacts:
    """Ask Docker for everything.

    Args:
        step: The step.
        network: The network that apps and kamal-proxy share.
    """
    if not shutil.which("docker"):
        return DockerFacts(problem=_engine(step)[1])
    found_proxy = later(lambda: find_proxy(step.docker))
    routes = later(lambda: _routes(step))
    has_network = later(lambda: step.docker.has_network(network))
    containers = later(lambda: containers_of(step.docker, step.folder))
    engine, problem = _engine(step)
    proxy, replacing = found_proxy()
    return DockerFacts(engine, problem, has_network(), proxy, replacing, routes(), containers())


def _engine(step: Step) -> tuple[Engine, str]:
    """Return the engine, and why it cannot be used, "" where it can."""
    try:
        return check_docker(step), ""
    except StepError as error:
        return NO_ENGINE, str(error)


def _routes(step: Step) -> Optional[dict[str, RouteFacts]]:
    try:
        return step.proxy.routes()
    except ProxyError:
        return None
