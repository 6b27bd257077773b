"""What the host tool is told about kamal-proxy: how it runs on a host, and what it does with a role's requests."""

from collections.abc import Collection, Iterator, Sequence

from .host_tool.spec import BufferingSpec, HealthcheckSpec, ProbeSpec, ProxyLoggingSpec, ProxyRunSpec, RouteSpec
from .settings import HealthcheckSettings, ProxyRunSettings, ProxySettings, Settings, names_with_https


def run_spec(run: ProxyRunSettings) -> ProxyRunSpec:
    """Return how the host's kamal-proxy container is to run."""
    return ProxyRunSpec(
        image=run.image,
        http_port=run.http_port,
        https_port=run.https_port,
        log_max_size=run.log_max_size,
        options=run.options,
        replace=run.replace,
        # Only what differs from the default: what is not used is no change of an earlier release's state.
        publish=None if run.publish else False,
        bind_ips=run.bind_ips or None,
        http3=run.http3 or None,
        metrics_port=run.metrics_port,
        debug=run.debug or None,
    )


def probe_spec(proxy: ProxySettings) -> ProbeSpec:
    """Return where a candidate is probed before anything is routed to it."""
    return ProbeSpec(app_port=proxy.app_port, healthcheck=_healthcheck_spec(proxy.healthcheck))


def route_spec(proxy: ProxySettings) -> RouteSpec:
    """Return how kamal-proxy routes requests to a role. What is None has kamal-proxy's default."""
    buffering, logging = proxy.buffering, proxy.logging
    return RouteSpec(
        hosts=proxy.all_hosts(),
        app_port=proxy.app_port,
        path_prefix=proxy.path_prefix,
        path_prefixes=proxy.path_prefixes or None,
        strip_path_prefix=proxy.strip_path_prefix,
        # Below a path kamal-proxy has what the role above it has, and refuses the flag.
        ssl=True if proxy.ssl and "/" in proxy.all_paths() else None,
        ssl_redirect=proxy.ssl_redirect,
        ssl_staging=proxy.ssl_staging,
        canonical_host=proxy.canonical_host,
        scope_cookie_paths=proxy.scope_cookie_paths,
        logging=ProxyLoggingSpec(logging.request_headers, logging.response_headers)
        if logging.request_headers or logging.response_headers
        else None,
        healthcheck=_healthcheck_spec(proxy.healthcheck),
        response_timeout=proxy.response_timeout,
        forward_headers=proxy.forward_headers,
        buffering=BufferingSpec(
            requests=buffering.requests,
            responses=buffering.responses,
            memory=buffering.memory,
            max_request_body=buffering.max_request_body,
            max_response_body=buffering.max_response_body,
        ),
    )


def addresses(settings: Settings) -> list[str]:
    """Return where the app answers, and after that where its accessories do.

    That is at the host names of a proxy, or at each Docker host where it has none.
    """
    run, secured = settings.proxy.run, names_with_https(settings)
    roles = [(role.proxy, role.hosts) for role in settings.roles]
    accessories = [(each.settings.proxy, each.hosts) for each in settings.resolved_accessories]
    return [
        address
        for routed in (roles, accessories)
        for address in sorted({found for proxy, hosts in routed for found in _addresses(run, proxy, hosts, secured)})
    ]


def _healthcheck_spec(health: HealthcheckSettings) -> HealthcheckSpec:
    return HealthcheckSpec(
        path=health.path, interval=health.interval, timeout=health.timeout, port=health.port, host=health.host
    )


def _addresses(
    run: ProxyRunSettings, proxy: ProxySettings | None, hosts: Sequence[str], secured: Collection[str]
) -> Iterator[str]:
    """Yield where a role or an accessory answers."""
    for name in (proxy.all_hosts() or hosts) if proxy else ():
        for path in proxy.all_paths() if proxy else ():
            yield f"{_origin(run, name, https=name in secured)}{'' if path == '/' else path}"


def _origin(run: ProxyRunSettings, name: str, *, https: bool) -> str:
    scheme, port, default = ("https", run.https_port, 443) if https else ("http", run.http_port, 80)
    suffix = "" if port == default else f":{port}"
    return f"{scheme}://{f'[{name}]' if ':' in name else name}{suffix}"
