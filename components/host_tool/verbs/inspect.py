"""inspect APP: what there is on this host. Changes nothing, and needs nothing installed."""

from __future__ import annotations

import sys
from pathlib import Path

from ..docker_install import install_problem
from ..facts.accessories import accessory_facts
from ..facts.docker import docker_facts
from ..facts.kamal import kamal_accessories, kamal_facts
from ..facts.locks import held_locks
from ..facts.ports import taken_ports
from ..facts.roles import facts_before_the_first_container, role_facts
from ..host_checks import free_megabytes
from ..records.apps import accessory_records, apps_on_host, role_records
from ..records.login import has_login
from ..result import HostFacts
from ..spec import InspectSpec
from ..step.step import Step

SPEC = InspectSpec
CHANGES = False


def run(step: Step, spec: InspectSpec) -> HostFacts:
    """Look at the host."""
    folder = step.folder
    docker = docker_facts(step, spec.network, spec.service, kamal_accessories(folder, spec))
    own_ports = docker.proxy.ports if docker.proxy and docker.proxy.state == "running" else ()
    return HostFacts(
        machine_id=_machine_id(),
        docker_problem=docker.problem,
        install_problem=install_problem(),
        free_mb=free_megabytes(docker.root) if docker.root else None,
        network=docker.network,
        proxy=docker.proxy,
        replacing=docker.replacing,
        routes=docker.routes,
        taken_ports={} if docker.problem else taken_ports(step.docker, spec.ports, own_ports),
        # Run from memory it has no file.
        tool=Path(sys.argv[0]).exists(),
        prepared=folder.host() is not None,
        login=has_login(folder.login_folder),
        apps=apps_on_host(folder),
        roles={
            **{role.path.name: facts_before_the_first_container(role) for role in folder.roles()},
            **{name: role_facts(folder, name, record, docker) for name, record in role_records(folder).items()},
        },
        accessories={
            name: accessory_facts(folder, name, record, docker) for name, record in accessory_records(folder).items()
        },
        versions=folder.versions().digests,
        held_locks=tuple(held_locks(folder)),
        kamal=kamal_facts(folder, spec, docker.containers) if spec.service else None,
    )


def _machine_id() -> str:
    """Return what tells this machine from others: a copy of it has another boot, a container on it another /run."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        run = Path("/run").stat().st_dev
    except OSError:
        return ""
    return f"{boot} {run}"
