"""Checks of what makes a role's containers, from the app's settings and the role's own."""

from collections.abc import Iterator

from .assets import split_asset_path
from .problem import Problem
from .settings import Settings
from .volumes import split_volume


def check_containers(settings: Settings) -> Iterator[Problem]:
    """Yield settings of which Docker would refuse to make a container, or that say the same in two ways."""
    yield from _check_mounts(settings)
    yield from _check_assets(settings)
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
        own = settings.servers[name].asset_path
        assets = "asset_path" if own is None else f"servers.{name}.asset_path"
        targets = [(path, split_volume(volume)[1]) for path, volume in volumes]
        targets += [
            (f"{assets}[{number}]", split_asset_path(text)[0]) for number, text in enumerate(settings.asset_paths(name))
        ]
        mounted: dict[str, str] = {}
        for path, target in targets:
            first = mounted.setdefault(target.rstrip("/"), path)
            if first != path:
                yield Problem(path, f"mounts {target}, and so does {first}; mount one of them")


def _check_assets(settings: Settings) -> Iterator[Problem]:
    """Yield asset paths of a role that serves nobody, and of which the old containers of other hosts would know too late."""
    for name, role in settings.servers.items():
        if role.asset_path and not settings.role_proxies[name]:
            yield Problem(f"servers.{name}.asset_path", "is of no use: only a role that gets requests serves assets")
    bridged = any(settings.asset_paths(name) for name in settings.servers)
    if bridged and settings.boot.limit and settings.boot.candidates == "group":
        yield Problem(
            "boot.candidates",
            "must be all with asset_path: until the candidate of a host has started, its old container does not have the "
            "assets of the new version, for which pages of other hosts ask",
        )


def _check_logging(settings: Settings) -> Iterator[Problem]:
    """Yield log options of a role that are set in two ways."""
    for name, role in settings.servers.items():
        logging = settings.logging.merged(role.logging)
        for option, values in logging.docker_options():
            if option in role.options and role.options[option] != values:
                key = "logging.driver" if option == "log-driver" else "logging.options"
                yield Problem(f"servers.{name}.options.{option}", f"is set in {key}, too; set it there only")
