"""Checks of what makes a role's containers, from the app's settings and the role's own."""

from collections.abc import Iterator

from .problem import Problem
from .settings import Settings
from .volumes import split_volume


def check_containers(settings: Settings) -> Iterator[Problem]:
    """Yield settings of which Docker would refuse to make a container, or that say the same in two ways."""
    yield from _check_mounts(settings)
    yield from _check_logging(settings)


def _check_mounts(settings: Settings) -> Iterator[Problem]:
    """Yield paths in the containers of a role at which two volumes would be mounted: Docker refuses that."""
    for name, role in settings.servers.items():
        options = role.options.get("volume", ())
        volumes = [
            *((f"volumes[{number}]", volume) for number, volume in enumerate(settings.volumes)),
            *((f"servers.{name}.volumes[{number}]", volume) for number, volume in enumerate(role.volumes)),
            *((f"servers.{name}.options.volume", volume) for volume in options),
        ]
        mounted: dict[str, str] = {}
        for path, volume in volumes:
            target = split_volume(volume)[1]
            first = mounted.setdefault(target.rstrip("/"), path)
            if first != path:
                yield Problem(path, f"mounts {target}, and so does {first}; mount one of them")


def _check_logging(settings: Settings) -> Iterator[Problem]:
    """Yield log options of a role that are set in two ways."""
    for name, role in settings.servers.items():
        logging = settings.logging.merged(role.logging)
        for option, values in logging.docker_options():
            if option in role.options and role.options[option] != values:
                key = "logging.driver" if option == "log-driver" else "logging.options"
                yield Problem(f"servers.{name}.options.{option}", f"is set in {key}, too; set it there only")
