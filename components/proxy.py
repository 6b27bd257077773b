"""What the host tool is told about kamal-proxy: how it runs on a host, and what it does with a role's requests."""

from .host_tool.spec import BufferingSpec, HealthcheckSpec, ProbeSpec, ProxyRunSpec, RouteSpec
from .settings import HealthcheckSettings, ProxyRunSettings, ProxySettings, ResolvedRole, Settings


def run_spec(run: ProxyRunSettings) -> ProxyRunSpec:
    """Return how the host's kamal-proxy container is to run."""
    return ProxyRunSpec(
        image=run.image,
        http_port=run.http_port,
        https_port=run.https_port,
        log_max_size=run.log_max_size,
        options=run.options,
        replace=run.replace,
    )


def probe_spec(proxy: ProxySettings) -> ProbeSpec:
    """Return where a candidate is probed before anything is routed to it."""
    return ProbeSpec(app_port=proxy.app_port, healthcheck=_healthcheck_spec(proxy.healthcheck))


def route_spec(proxy: ProxySettings) -> RouteSpec:
    """Return how kamal-proxy routes requests to a role. What is None has kamal-proxy's default."""
    buffering = proxy.buffering
    return RouteSpec(
        hosts=proxy.all_hosts(),
        app_port=proxy.app_port,
        path_prefix=proxy.path_prefix,
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
    """Return where the app answers: at the host names of its proxy, or at each Docker host where it has none."""
    return sorted({address for role in settings.roles for address in _role_addresses(settings, role)})


def _healthcheck_spec(health: HealthcheckSettings) -> HealthcheckSpec:
    return HealthcheckSpec(path=health.path, interval=health.interval, timeout=health.timeout)


def _role_addresses(settings: Settings, role: ResolvedRole) -> list[str]:
    if not role.proxy:
        return []
    port = settings.proxy.run.http_port
    suffix = "" if port == 80 else f":{port}"
    names = role.proxy.all_hosts() or role.hosts
    return [f"http://{f'[{name}]' if ':' in name else name}{suffix}{role.proxy.path_prefix or ''}" for name in names]
