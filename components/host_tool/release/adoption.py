"""Routes that change hands: kamal-proxy has one service a host name and path, and cannot rename it.

A role that wants what another one has deploys under the name of that one's route, which is atomic. From then on the name is
its own, and the other role has another one. Roles that exchange their requests exchange their routes that way, one after
the other: what a role has left goes on leading to its container until the other one takes it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Optional

from ..errors import StepError
from ..ownership import TAKE_OVER, are_all_requests_of, requests_in_conflict, stack_of
from ..proxy.client import is_routed, leads_to
from ..proxy_container import await_answer
from ..records.app_folder import AppFolder
from ..records.apps import other_app_record, other_role_records, role_records
from ..records.records import RoleRecord
from ..records.role_folder import RoleFolder
from ..result import RouteFacts
from ..spec import RouteSpec
from ..step.step import Step
from .retire import stop_containers


@dataclass(frozen=True)
class Holder:
    """A role on this host, which may have a route.

    Attributes:
        app: Its app.
        folder: What the host remembers of it.
        record: Its record.
    """

    app: AppFolder
    folder: RoleFolder
    record: RoleRecord


def route_of(step: Step, record: RoleRecord) -> str:
    """Return the name of a role's route: the usual one, unless a role that stays here has taken that over.

    A role that was renamed has it, and a new role may have the former name of that one.
    """
    others = [holder for holder in _holders(step.folder) if not _is_own(step, holder) and not _is_former(step, holder)]
    taken = {holder.record.route_name for holder in others}
    return record.route_name if record.route_name not in taken else f"{record.identity.prefix}-2"


def route_to_adopt(step: Step, record: RoleRecord, usual: str, wanted: RouteSpec) -> tuple[str, RouteFacts]:
    """Return the route that is in a role's way and its name, if the role may take it over.

    Args:
        step: The step.
        record: The role.
        usual: The name of its own route.
        wanted: How its requests are to be routed.

    Raises:
        StepError: It may not take the route over, or has one of its own already.
    """
    routes = await_answer(step)
    in_the_way = _in_the_way(usual, wanted, routes)
    if not in_the_way:
        raise StepError("kamal-proxy had another route for the same requests, which is gone by now. Deploy again.")
    own = {name: route for name, route in routes.items() if name == usual}
    has_route = any(is_routed(container.id, own) for container in step.docker.containers.of_role(record.identity))
    # A role that exchanges its route has one, or the other role was faster and has that one already.
    may_exchange = has_route or route_of(step, record) != record.route_name
    for name, requests in in_the_way.items():
        holder = _holder_of(step, name, routes[name])
        if may_exchange and _stays(step, holder) and _is_whole(wanted, routes[name]):
            return name, routes[name]
        if refusal := _refusal(step, holder):
            raise StepError(f"{requests} are routed to {name}, {refusal}.")
    if len(in_the_way) > 1 or has_route:
        raise StepError(
            f"{' and '.join(in_the_way.values())} cannot change hands without a failed request while this role answers "
            f"others. Remove the routes {', '.join(sorted(in_the_way))} in a deploy of their own first."
        )
    [name] = in_the_way
    return name, routes[name]


def stop_replaced(step: Step, taken: RouteFacts) -> None:
    """Stop the container that a taken route led to, if another role of the app has switched from it to a new one.

    That role has exchanged its route first, and left the container running because it was routed to.

    Args:
        step: The step.
        taken: The route as it was.
    """
    for holder in _holders(step.folder):
        if _stays(step, holder):
            replaced = [
                container
                for container in step.docker.containers.of_role(holder.record.identity)
                if leads_to(container.id, taken)
                and container.release not in (holder.record.current, holder.record.switching)
            ]
            stop_containers(step, replaced, holder.record.stop_timeout)


def leave_to(step: Step, route: str) -> None:
    """Note of other roles that they no longer have what the step's role has now.

    One that had its route neither removes that nor takes it back. Under a former name of the app the role may be torn down now.

    Args:
        step: The step.
        route: The name of the role's route, "" for none.
    """
    for holder in _holders(step.folder):
        # One that stays exchanges its route in a switch of its own, which holds its lock.
        if holder.record.route_name == route and not _is_own(step, holder) and not _stays(step, holder):
            step.lock(holder.folder.lock)
            record = holder.folder.record()
            if record and record.route_name == route:
                usual = record.identity.prefix
                holder.folder.save(replace(record, route="" if usual != route else f"{usual}-2"))
    for app in step.folder.other_apps():
        _let_go_of_former(step, app)


def _let_go_of_former(step: Step, app: AppFolder) -> None:
    """Note that a former name of the app no longer wants the role, nor those that the app does not have any more."""
    ours, theirs = step.folder.app_record(), other_app_record(app)
    if not ours or not theirs or theirs.owner.id != ours.owner.id:
        return
    kept = {role for role in theirs.roles if role in ours.roles and role != step.role}
    if kept == set(theirs.roles):
        return
    # The switch of another role may be doing the same.
    step.lock(step.folder.proxy_lock)
    theirs = other_app_record(app)
    if theirs:
        app.save_app(replace(theirs, roles=tuple(role for role in theirs.roles if role in kept)))


def _in_the_way(usual: str, wanted: RouteSpec, routes: dict[str, RouteFacts]) -> dict[str, str]:
    """Return the routes that are in a role's way: name to requests, in words."""
    found = {
        name: requests_in_conflict(wanted.hosts, wanted.paths, route) for name, route in routes.items() if name != usual
    }
    return {name: requests for name, requests in found.items() if requests}


def _is_whole(wanted: RouteSpec, route: RouteFacts) -> bool:
    """Return whether a role wants the very requests that a route has."""
    return are_all_requests_of(wanted.hosts, wanted.paths, route)


def _holders(folder: AppFolder) -> Iterator[Holder]:
    """Yield all roles of all apps of this host that may have a route."""
    found = [(folder, role_records(folder)), *((app, other_role_records(app)) for app in folder.other_apps())]
    for app, records in found:
        for name, record in records.items():
            if record.routed:
                yield Holder(app, app.role(name), record)


def _holder_of(step: Step, name: str, route: RouteFacts) -> Optional[Holder]:
    """Return whose route it is: by its container, else by its name, which two have after an interrupted takeover."""
    holders = list(_holders(step.folder))
    for holder in holders:
        if any(leads_to(container.id, route) for container in step.docker.containers.of_role(holder.record.identity)):
            return holder
    return next((holder for holder in holders if holder.record.route_name == name), None)


def _refusal(step: Step, holder: Optional[Holder]) -> str:
    """Return whose route the step's role may not take over, and what to do; "" where it may.

    It may if that is its own, of a role that leaves, of a former name of the app, or if the settings say so.
    """
    if holder and (_is_own(step, holder) or _is_former(step, holder)):
        return ""
    if holder and _stays(step, holder):
        return (
            f"role {holder.folder.path.name} of the same app. First take them from that role, in a deploy of its own; then "
            f"give them to role {step.role}"
        )
    ours = step.folder.app_record()
    if ours and ours.take_over:
        return ""
    return f"{_whose(holder)}. Choose another proxy.host or proxy.path_prefix, {TAKE_OVER}"


def _is_former(step: Step, holder: Holder) -> bool:
    """Return whether a role is a former one of this deploy: the app has it no more, or was called otherwise."""
    ours = step.folder.app_record()
    if not ours:
        return False
    if holder.app.app == step.folder.app:
        return holder.folder.path.name not in ours.roles
    theirs = other_app_record(holder.app)
    return theirs is not None and theirs.owner.id == ours.owner.id


def _stays(step: Step, holder: Optional[Holder]) -> bool:
    """Return whether a role is another one of the app, and stays on this host."""
    return bool(
        holder and holder.app.app == step.folder.app and not _is_own(step, holder) and not _is_former(step, holder)
    )


def _is_own(step: Step, holder: Holder) -> bool:
    return holder.app.app == step.folder.app and holder.folder.path.name == step.role


def _whose(holder: Optional[Holder]) -> str:
    if not holder:
        return "which this program has not deployed"
    noted = other_app_record(holder.app)
    return f"role {holder.folder.path.name} of the app {holder.app.app} of {stack_of(noted.owner if noted else None)}"
