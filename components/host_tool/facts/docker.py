"""What Docker and kamal-proxy say, with as few calls of Docker as possible: each takes 15 to 70 ms."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Optional

from ..at_once import later
from ..docker.client import DockerError
from ..docker.engine import Docker
from ..errors import StepError
from ..host_checks import check_docker
from ..proxy.client import CONTAINER, ProxyError
from ..proxy.files import ConfigFolder
from ..proxy_container import REPLACED, proxy_facts
from ..records.apps import accessory_records, role_records
from ..result import ProxyFacts, RouteFacts
from ..step.step import Step


@dataclass(frozen=True)
class DockerFacts:
    """What Docker says.

    Attributes:
        problem: Why it cannot be used, "" where it can.
        root: Its data folder, "" where it cannot be used.
        network: Whether the network is there.
        proxy: kamal-proxy's container, None where there is none.
        replacing: Whether a replacement of it was interrupted.
        routes: kamal-proxy's routes; None where it does not answer.
        files: kamal-proxy's files; None where no route has any, or nobody knows.
        containers: What `docker inspect` says of those of the app's service, newest first.
        named: The same of all containers, by name.
    """

    problem: str = ""
    root: str = ""
    network: bool = False
    proxy: Optional[ProxyFacts] = None
    replacing: bool = False
    routes: Optional[dict[str, RouteFacts]] = None
    files: Optional[ConfigFolder] = None
    containers: list[Mapping[str, Any]] = field(default_factory=list)
    named: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def docker_facts(step: Step, network: str, service: str = "", names: Sequence[str] = ()) -> DockerFacts:
    """Ask Docker for everything.

    The engine itself is asked where the host is new, or where Docker does not answer: for a sentence that says why.

    Args:
        step: The step.
        network: The network that apps and kamal-proxy share.
        service: The app's service, "" where only those are asked for that the host remembers.
        names: Containers that are asked for beside those, whether they are there or not.
    """
    host, records = step.folder.host(), list(role_records(step.folder).values())
    services = sorted({record.service for record in records} | ({service} if service else set()))
    accessories = list(accessory_records(step.folder).values())
    of_records = [name for record in accessories for name in (record.service, record.replaced)]
    have_files = any(record.files for record in records) or any(record.certificate for record in accessories)
    root = host.docker_root if host else ""
    if not root or not (records or accessories) or not shutil.which("docker"):
        try:
            root = check_docker(step).root
        except StepError as error:
            return DockerFacts(problem=str(error))
    routes = later(lambda: _routes(step))
    files = later(lambda: _files(step)) if have_files else None
    try:
        found = _inspected(step.docker, services, [*of_records, *names], network)
    except DockerError:
        return DockerFacts(problem=_problem(step))
    by_name = {data["Name"].lstrip("/"): data for data in found if "State" in data}
    # Where only the old container of an interrupted replacement is there, that is kamal-proxy.
    proxy = by_name.get(CONTAINER) or by_name.get(REPLACED)
    return DockerFacts(
        root=root,
        # `docker inspect` prefers a container of that name.
        network=any("IPAM" in data for data in found) or step.docker.networks.exists(network),
        proxy=proxy_facts(proxy) if proxy else None,
        replacing=REPLACED in by_name,
        routes=routes(),
        files=files() if files else None,
        containers=[data for name, data in by_name.items() if name not in (CONTAINER, REPLACED)],
        named=by_name,
    )


def _inspected(docker: Docker, services: Sequence[str], names: Sequence[str], network: str) -> list[dict[str, Any]]:
    """Return what Docker says of the containers of services, of those with names, of kamal-proxy and of the network.

    Raises:
        DockerError: It does not answer.
    """
    ids = [found for service in services for found in docker.containers.ids(f"label=service={service}")]
    return docker.inspect(*ids, *names, CONTAINER, REPLACED, network)


def _problem(step: Step) -> str:
    try:
        check_docker(step)
    except StepError as error:
        return str(error)
    return "the Docker daemon did not answer. Run pulumi up again"


def _files(step: Step) -> Optional[ConfigFolder]:
    try:
        return step.proxy.files()
    except (ProxyError, DockerError):
        return None


def _routes(step: Step) -> Optional[dict[str, RouteFacts]]:
    try:
        return step.proxy.routes()
    except ProxyError:
        return None
