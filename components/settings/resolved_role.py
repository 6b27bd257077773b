"""A role with everything that applies to it."""

from collections.abc import Mapping
from dataclasses import dataclass

from ..secret import Secret
from .proxy import ProxySettings
from .role import Strategy


@dataclass(frozen=True)
class ResolvedRole:
    """A role with everything that applies to it: its own settings and those of the whole app."""

    name: str
    hosts: tuple[str, ...]
    cmd: tuple[str, ...]
    """The command, or an empty tuple for the image's own."""
    env: Mapping[str, str]
    """Variables whose values are not secret."""
    secret_env: Mapping[str, Secret]
    labels: Mapping[str, str]
    options: Mapping[str, tuple[str, ...]]
    """Options of `docker run`, with a value for each time the option is passed."""
    proxy: ProxySettings | None
    """How kamal-proxy routes requests to the role; None for a role that gets no requests."""
    strategy: Strategy
    stop_timeout: int
    """Seconds."""
