"""switch APP ROLE RELEASE PREVIOUS [CERTIFICATE]: the candidate's release takes over, and the old containers are retired."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..at_once import at_once
from ..docker.container_state import container_state
from ..docker.containers import Container
from ..errors import StepError
from ..first_release import take_over
from ..identity import check_name, digest_of
from ..proxy.client import (
    ProxyConflictError,
    ProxyLostError,
    ProxyMissingError,
    ProxyRefusedError,
    ProxyStoppedError,
    route_flags,
)
from ..proxy.files import FileSet, file_flags, folder_of_role
from ..proxy_container import await_answer, remove_all_routes, revive_proxy
from ..records.older_tools import forget_older_tools, this_tool
from ..records.records import ReleaseRecord, RoleRecord
from ..records.role_folder import RoleFolder
from ..release.adoption import leave_to, route_of, route_to_adopt, stop_replaced
from ..release.container import bring_up, container_of, take_back
from ..release.diagnosis import not_ready
from ..release.maintenance import keep_maintenance
from ..release.readiness import await_ready
from ..release.retire import retire, stop_containers
from ..release.route_files import files_of_route, forget_unused_files
from ..release.running import read_back, running_of, verify, verify_route
from ..result import Running
from ..spec import ProbeSpec, RouteSpec, SwitchSpec
from ..step.step import Step
from ..step.undo import Undo

SPEC = SwitchSpec


@dataclass(frozen=True)
class Switching:
    """What a switch is about.

    Attributes:
        folder: What the host remembers of the role.
        record: The role before the switch.
        release: The release that is switched to.
        made_of: What that is made of.
        containers: The role's containers before the switch.
        files: What kamal-proxy is given for the route.
    """

    folder: RoleFolder
    record: RoleRecord
    release: str
    made_of: ReleaseRecord
    containers: Sequence[Container]
    files: Sequence[FileSet]


def run(step: Step, spec: SwitchSpec, role: str, release: str, *words: str) -> Running:
    """Switch, verify what runs, and retire the old containers. PREVIOUS is there for the state: see docs/decisions.md."""
    certificate = "".join(words[1:2])
    switching = _begin(step, spec, role, check_name("release", release), certificate)
    with step.undo() as undo:
        undo.add(_undo, step, spec, switching)
        if spec.proxy:
            container, route = _switch_route(step, spec, spec.proxy, switching, undo)
        else:
            container, route = _switch_worker(step, spec, switching), ""
    # Before the role's own record says that all is done: a step that is killed here is run again.
    leave_to(step, route)
    record = _commit(step, spec, switching, route)
    (details, image), routes = at_once(
        lambda: read_back(step, container, switching.made_of.image),
        # A role whose proxy was turned off had a route until now.
        lambda: await_answer(step) if spec.proxy or switching.record.routed else {},
    )
    verify(details, image, switching.made_of.image, release=release, version=spec.version)
    if spec.proxy:
        verify_route(details, record.route_name, spec.proxy.app_port, routes)
        keep_maintenance(step, spec, record.route_name, routes[record.route_name])
    # Where roles exchange their routes, the one that this role has left may still use the files.
    if record.route_name == switching.record.route_name:
        forget_unused_files(step, switching.folder, record, switching.files)
    switching.folder.forget_other_certificates(certificate)
    retire(step, switching.folder, record, switching.containers, routes, spec.retain_containers)
    forget_older_tools(step.folder)
    return running_of(details, switching.made_of.image, switching.folder.version_of(record.previous))


def _begin(step: Step, spec: SwitchSpec, role: str, release: str, certificate: str) -> Switching:
    step.version, step.release = spec.version, release
    folder = step.take_role(role)
    step.lock(folder.lock)
    take_over(step, folder)
    record, made_of = folder.record(), folder.release(release)
    if not record or not made_of:
        raise StepError(
            f"release {release} is not known on this host. Its candidate step has to run again: pulumi up --replace, "
            "with its URN."
        )
    step.host = made_of.container.host
    files = files_of_route(step, folder, certificate, spec.error_pages)
    return Switching(folder, record, release, made_of, step.docker.containers.of_role(record.identity), files)


def _switch_route(step: Step, spec: SwitchSpec, route: RouteSpec, switching: Switching, undo: Undo) -> tuple[str, str]:
    """Route to the candidate, drain the old container, and return the candidate's id and the name of the route."""
    container = bring_up(step, switching.folder, switching.release, switching.containers)
    _mark(switching)
    step.wait_for(f"kamal-proxy to switch role {step.role} to version {spec.version} and to drain the old one")
    step.say(f"switching to version {spec.version}")
    # From here on only its own refusal tells that kamal-proxy has not switched and will not. When this step is ended in
    # between, what may be routed stays as it is, and the next step finds out.
    undo.clear()
    try:
        name = _deploy_or_adopt(step, spec, route, switching, undo, f"{container}:{route.app_port}")
    except ProxyRefusedError as refusal:
        undo.add(_undo, step, spec, switching)
        raise _refused(step, container, switching.made_of.container.network, spec, route, str(refusal)) from None
    except ProxyMissingError:
        undo.add(_undo, step, spec, switching)
        raise StepError(
            "kamal-proxy is not on this host any more. Prepare the host again: pulumi up --replace, with the URN of its "
            "prepare step."
        ) from None
    return container, name


def _deploy_or_adopt(
    step: Step, spec: SwitchSpec, route: RouteSpec, switching: Switching, undo: Undo, target: str
) -> str:
    """Deploy under the role's own route, or under one that is in its way and that it may take over; return its name."""
    name = route_of(step, switching.record)
    flags = [*route_flags(spec, route), *file_flags(folder_of_role(step.folder.app, step.role), switching.files)]
    if spec.maintenance is not None and switching.record.current == switching.release:
        # No request reaches it. An app that is ill must not keep the maintenance from being turned on.
        flags.append("--force")
    try:
        _deploy(step, name, target, flags, switching.files)
        return name
    except ProxyConflictError:
        undo.add(_undo, step, spec, switching)
        name, taken = route_to_adopt(step, switching.record, name, route)
    step.say(f"taking over the route {name}")
    # A teardown that comes after an interruption finds the route by its name.
    _mark(switching, route=name)
    undo.clear()
    _deploy(step, name, target, flags, switching.files)
    stop_replaced(step, taken)
    return name


def _deploy(
    step: Step, service: str, target: str, flags: Sequence[str], files: Sequence[FileSet], *, once_more: bool = True
) -> None:
    try:
        if files:
            step.proxy.give_files(folder_of_role(step.folder.app, step.role), files)
        step.proxy.deploy(service, target, flags)
    except (ProxyStoppedError, ProxyMissingError):
        # Nobody should have to prepare the host again because kamal-proxy was stopped by hand, or because the step of
        # another app was killed while it replaced it.
        revive_proxy(step)
        _deploy(step, service, target, flags, files, once_more=once_more)
    except ProxyLostError as lost:
        step.say(f"kamal-proxy ended before it answered ({lost}): looking at what it routes to")
        route = await_answer(step).get(service)
        if not route or target not in route.targets or (files and not once_more):
            raise StepError(
                f"nobody knows whether kamal-proxy would have switched to version {step.version}: it ended before it "
                f"answered ({lost}). The old and the new container stay as they are. Deploy again."
            ) from None
        if files:
            # The route may have led there before, with other files, which go when this step ends.
            _deploy(step, service, target, flags, files, once_more=False)


def _refused(step: Step, container: str, network: str, spec: SwitchSpec, route: RouteSpec, words: str) -> StepError:
    """Return the failure of a switch that kamal-proxy has refused."""
    where = f":{route.app_port}{route.healthcheck.path}"
    if "failed to become healthy" in words:
        # Imported late: it takes 25 ms, and a switch that is not refused does without it.
        from ..release.http_probe import ask

        state = container_state(step.docker, container, network)
        answer = ask(container, state, ProbeSpec(route.app_port, route.healthcheck), route.healthcheck.timeout)
        ended = state.has_crashed(0)
        reason = "ended before it was healthy" if ended else f"did not become healthy within {spec.deploy_timeout} s"
        return not_ready(step, container, network, f"{reason} at {where}", [answer] if answer else [])
    if "unable to load error pages" in words:
        words += ". They are templates of Go (html/template): look for {{ in them"
    return StepError(f"version {spec.version} was refused by kamal-proxy: {words}.")


def _switch_worker(step: Step, spec: SwitchSpec, switching: Switching) -> str:
    """Have the release's container work in place of the old one, and return its id."""
    record = switching.record
    if spec.strategy == "stop-first":
        stop_containers(step, _others(switching), spec.stop_timeout)
    _mark(switching)
    found = container_of(switching.release, switching.containers)
    network = switching.made_of.container.network
    restarts_before = container_state(step.docker, found.id, network).restarts if found and found.is_up else 0
    container = bring_up(step, switching.folder, switching.release, switching.containers)
    step.wait_for(f"version {spec.version} of role {step.role} to become ready")
    step.say(f"waiting until {spec.version} is ready")
    await_ready(
        step,
        container,
        network,
        delay=spec.readiness_delay or 0,
        limit=spec.deploy_timeout,
        restarts_before=restarts_before,
    )
    if record.routed:
        # The role's proxy was turned off.
        remove_all_routes(step, record.route_name, [each.id for each in switching.containers])
    return container


def _mark(switching: Switching, route: str = "") -> None:
    """Note, before the switch itself, that the release may work from now on: no step takes it for a leftover."""
    record = switching.record
    switching.folder.save_release(switching.release, replace(switching.made_of, switched=True))
    marked = replace(record, switching=switching.release, route=route or record.route, files=_noted_files(switching))
    switching.folder.save(marked)


def _commit(step: Step, spec: SwitchSpec, switching: Switching, route: str) -> RoleRecord:
    """Note that the switch is done, and cannot be taken back; and the name of the route, "" for none."""
    old = switching.record
    record = replace(
        old,
        host=switching.made_of.container.host,
        current=switching.release,
        previous=old.previous if old.current in ("", switching.release) else old.current,
        switching="",
        routed=bool(spec.proxy),
        stop_timeout=spec.stop_timeout,
        tool=this_tool(),
        route="" if route == old.identity.prefix else route,
        files=_noted_files(switching),
    )
    switching.folder.save(record)
    step.folder.save_version(spec.version, digest_of(switching.made_of.image))
    return record


def _undo(step: Step, spec: SwitchSpec, switching: Switching) -> None:
    """Put the role back as it was before the switch.

    A proxied candidate that was healthy before stays for the next attempt. A worker that did not get ready goes, before
    the old one starts again: both may publish the same port.
    """
    whole = spec.proxy is None and not switching.made_of.switched
    take_back(step, switching.record.identity, switching.release, switching.containers, whole=whole)
    switching.folder.save_release(switching.release, switching.made_of)
    switching.folder.save(replace(switching.record, files=_noted_files(switching)))
    stopped = [container.id for container in _others(switching) if container.is_up]
    if spec.strategy == "stop-first" and stopped:
        step.docker.containers.start(stopped)


def _noted_files(switching: Switching) -> tuple[str, ...]:
    """Return the names of all that kamal-proxy may have for the role."""
    return tuple(sorted({*switching.record.files, *(each.name for each in switching.files)}))


def _others(switching: Switching) -> list[Container]:
    """Return the containers of other releases, as they were before the switch."""
    return [container for container in switching.containers if container.release != switching.release]
