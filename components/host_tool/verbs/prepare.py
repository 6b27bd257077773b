"""prepare APP: the host is ready for releases: Docker usable, network, kamal-proxy."""

from __future__ import annotations

from ..docker.client import DockerError, docker_failed
from ..host_checks import check_disk, check_docker
from ..proxy_container import boot_proxy
from ..records.records import HostRecord
from ..result import Prepared
from ..spec import PrepareSpec
from ..step.step import Step

SPEC = PrepareSpec


def run(step: Step, spec: PrepareSpec) -> Prepared:
    """Prepare the host."""
    version, docker_root = check_docker(step)
    step.folder.save_host(HostRecord(spec.network, docker_root))
    check_disk(step)
    step.lock(step.folder.proxy_lock)
    try:
        if step.docker.ensure_network(spec.network):
            step.say(f"created the network {spec.network}")
    except DockerError as error:
        raise docker_failed(f"the network {spec.network} could not be created on {step.machine}.", error) from None
    if spec.proxy is None:
        return Prepared(version)
    return Prepared(version, boot_proxy(step, spec.network, spec.proxy, other_apps=step.folder.has_other_apps()))
