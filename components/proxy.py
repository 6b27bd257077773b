"""What kamal-proxy is told: how it runs on a host, and what it does with a role's requests."""

from collections.abc import Mapping

from .settings import ProxyRunSettings, ProxySettings, ResolvedRole, Settings


def run_spec(run: ProxyRunSettings) -> dict[str, str]:
    """Return the fields of the `prepare` verb that describe the host's kamal-proxy container."""
    return {
        "proxy.image": run.image,
        "proxy.http_port": str(run.http_port),
        "proxy.https_port": str(run.https_port),
        "proxy.log_max_size": run.log_max_size,
        **numbered("proxy.option", run.options),
    }


def healthcheck_spec(settings: Settings, proxy: ProxySettings) -> dict[str, str]:
    """Return the flags of the health check that a candidate has to pass before anything is routed to it.

    Unless the settings give an interval, the container is probed every 100 ms: kamal-proxy's default of a second would
    cost half a second on average.
    """
    health = proxy.healthcheck
    interval = f"{health.interval}s" if "interval" in health.model_fields_set else "100ms"
    return {
        "gate.deploy-timeout": f"{settings.deploy_timeout}s",
        "gate.health-check-interval": interval,
        "gate.health-check-path": health.path,
        "gate.health-check-timeout": f"{health.timeout}s",
    }


def route_spec(settings: Settings, proxy: ProxySettings) -> dict[str, str]:
    """Return the flags of `kamal-proxy deploy` for the switch. A flag that is left out has kamal-proxy's default."""
    health = proxy.healthcheck
    buffering = proxy.buffering
    flags: dict[str, object] = {
        "deploy-timeout": f"{settings.deploy_timeout}s",
        "drain-timeout": f"{settings.drain_timeout}s",
        "health-check-path": health.path,
        "health-check-interval": f"{health.interval}s",
        "health-check-timeout": f"{health.timeout}s",
        "target-timeout": f"{proxy.response_timeout}s",
        "forward-headers": proxy.forward_headers,
        "path-prefix": proxy.path_prefix,
        "buffer-requests": buffering.requests,
        "buffer-responses": buffering.responses,
        "buffer-memory": buffering.memory,
        "max-request-body": buffering.max_request_body,
        "max-response-body": buffering.max_response_body,
    }
    spec = {f"proxy.{flag}": _flag_value(value) for flag, value in flags.items() if value is not None}
    return {**spec, **{f"proxy.host.{number}": host for number, host in enumerate(proxy.all_hosts())}}


def addresses(settings: Settings) -> list[str]:
    """Return where the app answers: at the host names of its proxy, or at each Docker host where it has none."""
    return sorted({address for role in settings.roles for address in _role_addresses(settings, role)})


def _role_addresses(settings: Settings, role: ResolvedRole) -> list[str]:
    if not role.proxy:
        return []
    port = settings.proxy.run.http_port
    suffix = "" if port == 80 else f":{port}"
    names = role.proxy.all_hosts() or role.hosts
    return [f"http://{f'[{name}]' if ':' in name else name}{suffix}{role.proxy.path_prefix or ''}" for name in names]


def _flag_value(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def numbered(prefix: str, options: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """Return options as fields of a spec. A name with several values gets a field for each, with a number."""
    return {
        f"{prefix}.{name}" if len(values) == 1 else f"{prefix}.{name}.{number}": value
        for name, values in options.items()
        for number, value in enumerate(values)
    }
