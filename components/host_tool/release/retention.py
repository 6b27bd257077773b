"""What becomes of a role's old containers after a switch."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ..docker.containers import Container

KEEP, STOP, REMOVE, LEAVE = "keep", "stop", "remove", "leave"


def classify_old_containers(
    containers: Sequence[Container],
    *,
    release: str,
    previous: str,
    leftovers: Collection[str],
    routed: Collection[str],
    retain: int,
) -> list[tuple[Container, str]]:
    """Decide about every container of a role but those of the current release.

    Args:
        containers: The role's containers, newest first.
        release: The current release.
        previous: The release before, "" for none: it is kept before newer ones.
        leftovers: Releases that were never switched to: they are not worth keeping.
        routed: The ids of the containers that kamal-proxy routes to.
        retain: How many stopped containers are kept for rollbacks.

    Returns:
        Each container with "keep" (it has stopped, and stays), "stop" (it runs, stops and stays), "remove", or "leave"
        (kamal-proxy routes to it: it is not touched).
    """
    old = [container for container in containers if container.release != release]
    # Containers that Kamal made have no release either.
    before = [container for container in old if previous and container.release == previous]
    kept = len(before)
    decided = []
    for container in old:
        if container.id in routed:
            decided.append((container, LEAVE))
        elif container.release in leftovers:
            decided.append((container, REMOVE))
        elif container in before:
            decided.append((container, STOP if container.is_up else KEEP))
        elif kept < retain:
            kept += 1
            decided.append((container, STOP if container.is_up else KEEP))
        else:
            decided.append((container, REMOVE))
    return decided
