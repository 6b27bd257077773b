"""Checks of HTTPS in kamal-proxy: what it would refuse, and what could never get a certificate."""

from collections.abc import Iterator

from .problem import Problem
from .proxy import ProxySettings
from .settings import Settings
from .ssl import SslSettings

OTHER_CERTIFICATES = (
    "set ssl.certificate_pem and ssl.private_key_pem to a certificate of your own, or terminate TLS in front of the hosts "
    "(with a load balancer) and leave ssl off"
)


def names_with_https(settings: Settings) -> set[str]:
    """Return the host names that kamal-proxy serves HTTPS for: those of roles that have all of their paths."""
    proxies = [proxy for proxy in settings.role_proxies.values() if proxy and proxy.ssl and "/" in proxy.all_paths()]
    return {host for proxy in proxies for host in proxy.all_hosts()}


def check_tls(settings: Settings) -> Iterator[Problem]:
    """Yield roles whose HTTPS or canonical host name cannot work."""
    automatic: dict[str, str] = {}
    secured = names_with_https(settings)
    for name, proxy in settings.role_proxies.items():
        if proxy is None:
            continue
        hosts = proxy.all_hosts()
        if proxy.canonical_host and hosts and proxy.canonical_host not in hosts:
            yield Problem(
                _path(settings, name, "canonical_host"),
                f"{proxy.canonical_host} is not one of the host names that are served; add it to hosts",
            )
        if not proxy.ssl:
            continue
        path = _path(settings, name, "ssl")
        if "/" not in proxy.all_paths():
            if path.startswith("proxy.") and secured.issuperset(hosts or ("",)):
                # Inherited, and of no effect: kamal-proxy takes HTTPS from the role that has all paths.
                continue
            yield Problem(
                path,
                f"cannot be set where only {', '.join(proxy.all_paths())} is served: kamal-proxy takes HTTPS from the role "
                "that serves all paths of the host name. Set ssl there",
            )
        if not hosts:
            yield Problem(path, "needs host or hosts: a certificate is for the names in it")
        if isinstance(proxy.ssl, SslSettings):
            continue
        yield from _check_automatic(settings, path, name, proxy)
        for host in hosts:
            other = automatic.setdefault(host, name)
            if other != name:
                yield Problem(
                    path,
                    f"would get a certificate for {host}, and so would role {other}; Let's Encrypt reaches only one of them. "
                    "Give each its own host",
                )


def _check_automatic(settings: Settings, path: str, name: str, proxy: ProxySettings) -> Iterator[Problem]:
    """Yield why kamal-proxy cannot get a certificate from Let's Encrypt."""
    servers = settings.servers[name].hosts
    if len(servers) > 1:
        yield Problem(
            path,
            f"cannot be true for role {name} on {len(servers)} hosts: Let's Encrypt checks a name at one of them, and the "
            f"others would have no certificate. Use one host, {OTHER_CERTIFICATES}",
        )
    for wildcard in (host for host in proxy.all_hosts() if host.startswith("*")):
        yield Problem(
            path, f"cannot be true for {wildcard}: kamal-proxy gets no certificates for wildcards. Name each host"
        )


def _path(settings: Settings, role: str, key: str) -> str:
    """Return where a role's setting is made: in its own proxy, or in that of the app."""
    own = settings.servers[role].proxy
    is_own = isinstance(own, ProxySettings) and key in own.model_fields_set
    return f"servers.{role}.proxy.{key}" if is_own else f"proxy.{key}"
