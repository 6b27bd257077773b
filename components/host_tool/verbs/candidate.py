"""candidate APP ROLE IMAGE SECRETS [BUILD]: the new container beside the old one, healthy, with nothing routed to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ..at_once import at_once
from ..docker.containers import Container
from ..first_release import take_over
from ..identity import check_image, check_name, digest_of, release_id, role_identity
from ..records.records import ReleaseRecord, RoleRecord
from ..records.role_folder import RoleFolder
from ..release.assets import bring_assets, release_with_assets
from ..release.container import bring_up, container_of, is_leftover, make_container, take_back, unrouted
from ..release.health import await_healthy, load_probe
from ..release.image import ensure_image
from ..result import StartedCandidate
from ..spec import CandidateSpec, ContainerSpec
from ..step.step import Step

SPEC = CandidateSpec


def run(step: Step, spec: CandidateSpec, role: str, image: str, secrets_hash: str, *build: str) -> StartedCandidate:
    """Start the candidate, and return its release and the one that the switch comes from."""
    step.host, step.version = spec.container.host, check_name("version", spec.container.version)
    folder = step.take_role(role)
    step.lock(folder.lock)
    take_over(step, folder)
    record = _remember_role(folder, spec.container)
    release = step.release = find_release(folder.releases(), spec.container, check_image(image), secrets_hash)
    containers = _remove_leftovers(step, folder, record, release)
    release = step.release = release_with_assets(folder, release, spec.container, containers)
    if not container_of(release, containers):
        # A container that is kept keeps its image, whose labels were verified when it was made.
        ensure_image(step, image, spec.container.service, spec.container.version, "".join(build))
    with step.undo() as undo:
        undo.add(_undo, step, folder, record, release, containers)
        _remember_release(folder, release, ReleaseRecord(spec.container, image, secrets_hash), containers)
        bring_assets(step, folder, record, release, containers, undo)
        if spec.proxy:
            started, _ = at_once(lambda: bring_up(step, folder, release, containers), load_probe)
            await_healthy(step, started, spec.container.network, spec.proxy, spec.deploy_timeout)
        elif not container_of(release, containers):
            make_container(step, folder, release, start=False)
    return StartedCandidate(release, record.switching or record.current or "none")


def find_release(releases: Mapping[str, ReleaseRecord], container: ContainerSpec, image: str, secrets_hash: str) -> str:
    """Return the release that is made of the same, by whatever name the host knows it, else a new name.

    The first release hashed another text, so its releases have other names.
    """
    wanted = (container, digest_of(image), secrets_hash)
    for name, known in releases.items():
        if (known.container, digest_of(known.image), known.secrets_hash) == wanted:
            return name
    return release_id(container, image, secrets_hash)


def leftovers_to_remove(
    containers: Sequence[Container], releases: Mapping[str, ReleaseRecord], current: str, release: str
) -> list[Container]:
    """Return the candidates that earlier deploys left behind.

    One of the same release is used as it is: it runs, or it was created and waits for its switch.
    """
    return [
        container
        for container in containers
        if is_leftover(container.release, releases, current)
        and (container.release != release or not (container.is_up or container.state == "created"))
    ]


def _remember_role(folder: RoleFolder, container: ContainerSpec) -> RoleRecord:
    """Return what is known of the role. Until its switch it stays as it was deployed last, the host's spelling included."""
    record = folder.record() or RoleRecord(**vars(role_identity(container)), host=container.host)
    folder.save(record)
    return record


def _remember_release(folder: RoleFolder, release: str, new: ReleaseRecord, containers: Sequence[Container]) -> None:
    """Note what the release is made of.

    A container of a release that this host does not know has worked for whoever made it (~/.kamal was lost, or another
    user deployed): it is none of the candidates that a failed deploy may remove.
    """
    known, found = folder.release(release), container_of(release, containers)
    switched = known.switched if known else bool(found and found.state != "created")
    folder.save_release(release, replace(new, switched=switched))


def _remove_leftovers(step: Step, folder: RoleFolder, record: RoleRecord, release: str) -> list[Container]:
    """Remove earlier candidates, and return the containers that the role has then."""
    containers = step.docker.containers.of_role(record.identity)
    leftovers = leftovers_to_remove(containers, folder.releases(), record.current, release)
    doomed = unrouted(step, [container.id for container in leftovers])
    for container in leftovers:
        if container.id in doomed:
            step.say(f"removing {container.name}, a candidate that was never switched to")
            step.docker.containers.remove([container.id])
            if container.release != release:
                folder.forget_release(container.release)
    return [container for container in containers if container.id not in doomed]


def _undo(step: Step, folder: RoleFolder, record: RoleRecord, release: str, before: Sequence[Container]) -> None:
    """Take the candidate back. Of one that never came to its switch nothing stays."""
    leftover = is_leftover(release, folder.releases(), record.current)
    take_back(step, record.identity, release, before, whole=leftover)
    if leftover:
        folder.forget_release(release)
