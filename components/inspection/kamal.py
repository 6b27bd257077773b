"""What Kamal has of the app on a host: what is taken over, and what stays behind."""

import shlex
from collections.abc import Iterator

from ..host_tool.identity import RoleIdentity
from ..host_tool.result import HostFacts, KamalContainer
from .wanted import Wanted

UP = ("running", "restarting", "paused")


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
    waiting = [name for name in wanted.roles if not _is_switched(name, facts)]
    for name in waiting:
        if running := [each.name for each in found if each.role == name and each.state in UP]:
            yield f"Kamal has deployed {name} here ({', '.join(running)}): the switch takes it over, and keeps the old container stopped"
    left = [each for each in found if each.role not in wanted.roles and each.role not in facts.roles]
    for role in sorted({each.role for each in left}):
        yield _left_role(wanted, facts, role, [each for each in left if each.role == role])
    # A container of a role that is left may still use the files.
    if facts.kamal.files and not left:
        yield _left_files(facts.kamal.files, done=not waiting)


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
        return f"Kamal has left files that nothing uses any more, environment files with secrets among them. Remove them there: {remedy}"
    return f"Kamal's files stay. Remove them there once this deploy has gone well: {remedy}"
