"""Checks of HTTPS in kamal-proxy: what it would refuse, and what could never get a certificate."""

from collections.abc import Iterator
from dataclasses import dataclass

from .problem import Problem
from .proxy import ProxySettings
from .settings import Settings
from .ssl import SslSettings

OTHER_CERTIFICATES = (
    "set ssl.certificate_pem and ssl.private_key_pem to a certificate of your own, or terminate TLS in front of the hosts "
    "(with a load balancer) and leave ssl off"
)


@dataclass(frozen=True)
class Routed:
    """A role or an accessory that gets requests.

    Attributes:
        name: Which one it is, in words.
        proxy: How kamal-proxy routes requests to it.
        hosts: The Docker hosts that it runs on.
        own: The settings of its own proxy, None where it only has the app's.
        own_path: Where these are made.
    """

    name: str
    proxy: ProxySettings
    hosts: tuple[str, ...]
    own: ProxySettings | None
    own_path: str

    def path(self, key: str) -> str:
        """Return where a setting is made: in its own proxy, or in that of the app."""
        is_own = self.own is not None and key in self.own.model_fields_set
        return f"{self.own_path}.{key}" if is_own else f"proxy.{key}"


def all_routed(settings: Settings) -> Iterator[Routed]:
    """Yield the roles that get requests, then the accessories that do."""
    for name, proxy in settings.role_proxies.items():
        if proxy:
            role = settings.servers[name]
            own = role.proxy if isinstance(role.proxy, ProxySettings) else None
            yield Routed(f"role {name}", proxy, role.hosts, own, f"servers.{name}.proxy")
    for name, accessory in settings.accessories.items():
        if accessory.proxy:
            hosts = settings.accessory_hosts(name)
            yield Routed(f"accessory {name}", accessory.proxy, hosts, accessory.proxy, f"accessories.{name}.proxy")


def names_with_https(settings: Settings) -> set[str]:
    """Return the host names that kamal-proxy serves HTTPS for: those of which a role or an accessory has all paths."""
    proxies = [each.proxy for each in all_routed(settings)]
    return {host for proxy in proxies if proxy.ssl and "/" in proxy.all_paths() for host in proxy.all_hosts()}


def check_tls(settings: Settings) -> Iterator[Problem]:
    """Yield roles and accessories whose HTTPS or canonical host name cannot work."""
    automatic: dict[str, str] = {}
    secured = names_with_https(settings)
    for routed in all_routed(settings):
        proxy, hosts = routed.proxy, routed.proxy.all_hosts()
        if proxy.canonical_host and hosts and proxy.canonical_host not in hosts:
            yield Problem(
                routed.path("canonical_host"),
                f"{proxy.canonical_host} is not one of the host names that are served; add it to hosts",
            )
        if not proxy.ssl:
            continue
        path = routed.path("ssl")
        if "/" not in proxy.all_paths():
            if path.startswith("proxy.") and secured.issuperset(hosts or ("",)):
                # Inherited, and of no effect: kamal-proxy takes HTTPS from what has all paths.
                continue
            yield Problem(
                path,
                f"cannot be set where only {', '.join(proxy.all_paths())} is served: kamal-proxy takes HTTPS from the role or "
                "accessory that serves all paths of the host name. Set ssl there",
            )
        if not hosts:
            yield Problem(path, "needs host or hosts: a certificate is for the names in it")
        if isinstance(proxy.ssl, SslSettings):
            continue
        yield from _check_automatic(routed, path)
        for host in hosts:
            other = automatic.setdefault(host, routed.name)
            if other != routed.name:
                yield Problem(
                    path,
                    f"would get a certificate for {host}, and so would {other}; Let's Encrypt reaches only one of them. "
                    "Give each its own host",
                )


def _check_automatic(routed: Routed, path: str) -> Iterator[Problem]:
    """Yield why kamal-proxy cannot get a certificate from Let's Encrypt."""
    if len(routed.hosts) > 1:
        yield Problem(
            path,
            f"cannot be true for {routed.name} on {len(routed.hosts)} hosts: Let's Encrypt checks a name at one of them, and "
            f"the others would have no certificate. Use one host, {OTHER_CERTIFICATES}",
        )
    for wildcard in (host for host in routed.proxy.all_hosts() if host.startswith("*")):
        yield Problem(
            path, f"cannot be true for {wildcard}: kamal-proxy gets no certificates for wildcards. Name each host"
        )
