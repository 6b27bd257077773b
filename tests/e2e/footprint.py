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


def remove_footprints(stack: Stack, on_host: OnHost) -> None:
    """Remove from every host what an app has there, also under names that begin with its service's."""
    name = stack.service
    containers = " ".join(
        f"$(docker ps --all --quiet --filter {only})" for only in (f"name=^{name}", f"label=service={name}")
    )
    script = f"""\
containers="{containers}"
[ "$containers" = ' ' ] || docker rm --force --volumes $containers
for route in $(docker exec kamal-proxy kamal-proxy list 2>/dev/null | grep --only-matching '{name}-[a-z0-9-]*' | sort --unique); do
  docker exec kamal-proxy kamal-proxy remove $route || :
done
images=$(docker image ls --quiet --filter 'reference=*/tests/{name}')
[ -z "$images" ] || docker image rm --force $images
rm -rf .kamal/apps/{name}* {name}-*
"""
    for host in stack.hosts:
        on_host(host, script)
