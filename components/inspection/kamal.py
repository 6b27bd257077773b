"""What Kamal has of the app on a host: what is taken over, and what stays behind."""

import shlex
from collections.abc import Iterator, Sequence

from ..host_tool.docker.containers import UP
from ..host_tool.identity import RoleIdentity
from ..host_tool.result import HostFacts, KamalContainer, KamalFacts
from .wanted import Wanted


def kamal_lock(wanted: Wanted, facts: HostFacts) -> Iterator[str]:
    """Yield that somebody holds Kamal's lock: two deploys at the same time would stop each other's containers."""
    if facts.kamal and facts.kamal.lock:
        yield (
            f"Kamal's lock of {wanted.app} is held ({facts.kamal.lock}). Wait for that deploy; if nobody deploys with Kamal, "
            f"remove the lock there: rm -r ~/.kamal/lock-{wanted.app}"
        )


def kamal_warnings(wanted: Wanted, facts: HostFacts) -> Iterator[str]:
    """Yield what is taken over from Kamal, and what it has left that nobody else removes, with what to do.

    Args:
        wanted: What the settings want on the host.
        facts: What the host says.
    """
    if not facts.kamal:
        return
    found = facts.kamal.containers
    running = {name: [each.name for each in found if each.role == name and each.state in UP] for name in wanted.roles}
    switched = {name for name in wanted.roles if _is_switched(name, facts)}
    for name, containers in running.items():
        if containers:
            yield _taken_over(name, containers, again=name in switched)
            route = (facts.routes or {}).get(wanted.roles[name].prefix)
            if route and route.state != "running":
                yield (
                    f"kamal-proxy has {route.state} the requests for {name}: the switch passes them on again, unless the "
                    "settings have maintenance"
                )
    if not switched and (hint := other_destination(wanted, facts)):
        yield hint
    yield from _accessories(wanted, facts, facts.kamal)
    left = [each for each in found if each.role not in wanted.roles and each.role not in facts.roles]
    for role in sorted({each.role for each in left}):
        yield _left_role(wanted, facts, role, [each for each in left if each.role == role])
    # A container of a role that is left may still use the files.
    if facts.kamal.files and not left:
        names = {accessory.service for accessory in wanted.accessories.values()}
        waiting = wanted.roles.keys() - switched or any(running.values()) or names & set(facts.kamal.accessories)
        yield _left_files(facts.kamal.files, done=not waiting)


def other_destination(wanted: Wanted, facts: HostFacts) -> str:
    """Return that Kamal runs the app with another destination, which is easily overlooked, "" where it does not."""
    if not facts.kamal or not facts.kamal.destinations:
        return ""
    theirs = " and ".join(
        f"with the destination {each}" if each else "without a destination" for each in facts.kamal.destinations
    )
    ours = f"has the destination {wanted.destination}" if wanted.destination else "has none"
    one = facts.kamal.destinations[0] or "none"
    return (
        f"Kamal has deployed {wanted.service} here {theirs}, and this stack {ours}: they are two apps, which run beside each "
        f"other. If they are to be one: pulumi config set deploy:destination {one}"
    )


def _taken_over(role: str, containers: Sequence[str], *, again: bool) -> str:
    """Return what becomes of the containers of a role that Kamal has started."""
    named = f"Kamal has deployed {role} here{' again' if again else ''} ({', '.join(containers)})"
    taken = f"the switch takes it over{' again' if again else ''}, and keeps the old container stopped"
    return f"{named}: {taken}{'. Deploy with one of the two: each stops the containers of the other' if again else ''}"


def _accessories(wanted: Wanted, facts: HostFacts, kamal: KamalFacts) -> Iterator[str]:
    """Yield what becomes of the accessories that Kamal has started."""
    names = {accessory.service: name for name, accessory in wanted.accessories.items()}
    known = {accessory.service for accessory in facts.accessories.values() if accessory.release}
    for container in kamal.accessories:
        if container in names:
            yield (
                f"Kamal has started the accessory {names[container]} here ({container}): it is replaced by a container with the "
                "same data, and does not answer until that one is ready"
            )
        elif container not in known:
            yield (
                f"Kamal has left the accessory {container}, which accessories does not have on this host: it stays as it is. "
                f"Remove it there, and not its data: docker rm --force {container}"
            )


def _is_switched(role: str, facts: HostFacts) -> bool:
    """Return whether a release of this program runs, or has run, as a role."""
    known = facts.roles.get(role)
    return bool(known and known.current)


def _left_role(wanted: Wanted, facts: HostFacts, role: str, containers: list[KamalContainer]) -> str:
    """Return that a role stays as Kamal has left it, which the settings do not have on the host."""
    names = [each.name for each in containers]
    running = any(each.state in UP for each in containers)
    commands = [f"docker rm --force {shlex.join(names)}"]
    route = RoleIdentity(wanted.service, role, wanted.destination).prefix
    if route in (facts.routes or {}):
        commands.insert(0, f"docker exec kamal-proxy kamal-proxy remove {route}")
    return (
        f"Kamal has left role {role}, which servers does not have on this host ({', '.join(names)}): it stays as it is"
        f"{', and goes on running' if running else ''}. Remove it there: {' && '.join(commands)}"
    )


def _left_files(files: tuple[str, ...], *, done: bool) -> str:
    """Return which files of Kamal stay behind."""
    remedy = f"rm -r {' '.join(f'~/{shlex.quote(file)}' for file in files)}"
    if done:
        secrets = ", environment files with secrets among them" if any(file.endswith("/env") for file in files) else ""
        return f"Kamal has left files that nothing uses any more{secrets}. Remove them there: {remedy}"
    return f"Kamal's files stay. Remove them there once this deploy has gone well: {remedy}"
