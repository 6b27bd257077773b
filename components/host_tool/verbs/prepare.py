"""prepare APP OWNER: the host is ready for releases of this owner: Docker usable, network, kamal-proxy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..docker.client import DockerError, docker_failed
from ..docker_install import install_docker, is_docker_missing
from ..errors import StepError
from ..host_checks import check_docker
from ..identity import RoleIdentity
from ..json_codec import to_json
from ..owner import Owner
from ..ownership import conflicts, other_identity, unknown_routes, used_by_others
from ..proxy_container import boot_proxy, find_proxy, known_routes
from ..records.apps import apps_on_host
from ..records.records import AppRecord, HostRecord
from ..result import AppFacts, Prepared
from ..spec import PrepareSpec
from ..step.step import Step

SPEC = PrepareSpec


def run(step: Step, spec: PrepareSpec, owner_id: str) -> Prepared:
    """Prepare the host.

    Raises:
        StepError: It is not fit for a deploy, or something on it belongs to another owner.
    """
    if spec.docker_install and is_docker_missing():
        install_docker(step, to_json(spec))
    engine = check_docker(step)
    owner = Owner(owner_id, spec.stack)
    step.lock(step.folder.proxy_lock)
    apps = apps_on_host(step.folder)
    check_owner(step.folder.app, spec, owner, apps)
    # The app is held at the end only: a teardown that comes after a first deploy that has failed takes all down.
    known = step.folder.app_record()
    held_by = known.resource if known and known.owner.is_same(owner) else ""
    record = AppRecord(
        spec.service, spec.destination, owner, spec.roles, spec.take_over, held_by, spec.accessories or {}
    )
    step.folder.save_app(record)
    step.folder.save_host(HostRecord(spec.network, engine.root))
    try:
        if step.docker.networks.ensure(spec.network):
            step.say(f"created the network {spec.network}")
    except DockerError as error:
        raise docker_failed(f"the network {spec.network} could not be created on {step.machine}.", error) from None
    prepared = Prepared(engine.version)
    if spec.proxy:
        image = boot_proxy(step, spec.network, spec.proxy, others=lambda: _other_users(step, spec, owner, apps))
        proxy = find_proxy(step.docker)
        prepared = Prepared(engine.version, image, proxy.id if proxy else None)
    step.folder.save_app(replace(record, resource=spec.resource))
    return prepared


def _other_users(step: Step, spec: PrepareSpec, owner: Owner, apps: Sequence[AppFacts]) -> list[str]:
    """Return what else uses kamal-proxy: apps of other owners, and routes that this program has not deployed."""
    return [*used_by_others(step.folder.app, owner, apps), *unknown_routes(_prefixes(spec), apps, known_routes(step))]


def _prefixes(spec: PrepareSpec) -> dict[str, str]:
    return {role: RoleIdentity(spec.service, role, spec.destination).prefix for role in spec.roles}


def check_owner(app: str, spec: PrepareSpec, owner: Owner, apps: Sequence[AppFacts]) -> None:
    """Check that nothing with the app's names belongs to another owner, or may not be taken over.

    Raises:
        StepError: It does, or may not.
    """
    if identity := other_identity(app, _prefixes(spec), apps):
        raise StepError(f"{identity}.")
    accessories = spec.accessories or {}
    for conflict in () if spec.take_over else conflicts(app, owner, _prefixes(spec), apps, accessories):
        raise StepError(f"{conflict}.")
