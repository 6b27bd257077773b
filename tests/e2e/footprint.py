"""What an app has on a host."""

from collections.abc import Callable

from dev.sandbox.inventory import Host
from tests.e2e.stack import Stack

OnHost = Callable[[Host, str], str]


def footprints(stack: Stack, on_host: OnHost) -> list[str]:
    """Host by host the app's containers, stopped ones too, kamal-proxy's routes to them, and its folder."""
    name = stack.service
    return [
        on_host(
            host,
            f"docker ps --all --format '{{{{.ID}}}} {{{{.Names}}}}' --filter label=service={name};"
            # Columns are as wide as the neighbours' names; grep is false when there is no route.
            f" docker exec kamal-proxy kamal-proxy list | grep {name} | tr --squeeze-repeats ' ' || :;"
            f" ls .kamal/apps | grep {name} || :",
        )
        for host in stack.hosts
    ]
