"""What a deploy does about the kamal-proxy that a host has."""

from ..host_tool.ownership import unknown_routes, used_by_others
from ..host_tool.proxy_container import boot_action
from ..host_tool.result import HostFacts
from .wanted import Wanted


def proxy_action(wanted: Wanted, facts: HostFacts) -> str:
    """Return what `boot_action` will decide on the host, "" where it has no kamal-proxy, or needs none.

    Args:
        wanted: What the settings want on the host.
        facts: What the host says.
    """
    if not wanted.proxy or not facts.proxy:
        return ""
    prefixes = {name: role.prefix for name, role in wanted.roles.items()}
    others = [
        *used_by_others(wanted.app, wanted.owner, facts.apps),
        *unknown_routes(prefixes, facts.apps, facts.routes or ()),
    ]
    return boot_action(facts.proxy, wanted.proxy, others=bool(others))
