"""A role with everything that applies to it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ..secret import Secret
from .proxy import ProxySettings
from .role import Strategy


@dataclass(frozen=True)
class Certificate:
    """A TLS certificate with its private key, both in PEM."""

    certificate_pem: Secret
    private_key_pem: Secret


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
    asset_path: tuple[str, ...]
    """Folders of the image whose files two versions serve for each other, each with the options of its mount."""
    proxy: ProxySettings | None
    """How kamal-proxy routes requests to the role; None for a role that gets no requests."""
    certificate: Certificate | None
    """The role's own TLS certificate, None for none, or for one from Let's Encrypt."""
    strategy: Strategy
    stop_timeout: int
    """Seconds."""
    tagged_env: Mapping[str, tuple[Mapping[str, str], Mapping[str, Secret]]] = field(default_factory=dict)
    """By host that has tags: the variables there, clear and secret, in place of `env` and `secret_env`."""

    def on(self, host: str) -> "ResolvedRole":
        """Return the role with the variables that it has on a host."""
        env, secret_env = self.tagged_env.get(host, (self.env, self.secret_env))
        return replace(self, env=env, secret_env=secret_env)
