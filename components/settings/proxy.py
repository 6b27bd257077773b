"""`proxy`: how kamal-proxy routes requests to the app."""

import re
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, model_validator

from .hosts import is_host
from .model import SettingsModel
from .proxy_run import ProxyRunSettings
from .ssl import Ssl
from .url_path import HealthcheckPath, PathPrefix
from .values import Bool, NonNegativeInt, Port, PositiveInt, PositiveSeconds, format_value

# Keys of which only one can be set: a role that sets one of them does not inherit the other.
EXCLUSIVE = (("host", "hosts"), ("path_prefix", "path_prefixes"))


def _normalize_route_host(value: str) -> str:
    # kamal-proxy accepts a whole name, or `*` as its first label.
    if not is_host(value.removeprefix("*.")):
        hint = "; list several names in hosts" if "," in value else ""
        raise ValueError(
            f"must be a host name such as shop.example.com or *.example.com, not {format_value(value)}{hint}"
        )
    # kamal-proxy compares names as they are written, and browsers send them in lower case.
    return value.lower()


def _refuse_wildcard(value: str) -> str:
    if value.startswith("*"):
        raise ValueError(f"must be one host name, not {format_value(value)}")
    return value


def _check_header(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", value):
        raise ValueError(f"{format_value(value)} is not a valid name of a header, such as X-Request-Id")
    return value


RouteHost = Annotated[str, AfterValidator(_normalize_route_host)]
CanonicalHost = Annotated[RouteHost, AfterValidator(_refuse_wildcard)]
HeaderName = Annotated[str, AfterValidator(_check_header)]


class HealthcheckSettings(SettingsModel):
    """The health check: a container gets requests once it answers with a 2xx status."""

    path: HealthcheckPath = Field(default="/up", description="Path to request, without a query.")
    interval: PositiveInt = Field(
        default=1,
        description="Longest time between two checks, in seconds. A new container is checked every 100 ms at first.",
    )
    timeout: PositiveInt = Field(default=5, description="Seconds to wait for an answer.")
    port: Port | None = Field(default=None, description="Port to check in the container. Default: `app_port`.")
    host: CanonicalHost | None = Field(
        default=None, description="`Host` header of the checks. Default: the container's id and the port."
    )


class BufferingSettings(SettingsModel):
    """Buffering of requests and responses in kamal-proxy."""

    requests: Bool = Field(default=True, description="Whether to buffer requests.")
    responses: Bool = Field(default=True, description="Whether to buffer responses.")
    memory: PositiveInt | None = Field(
        default=None, description="Bytes to buffer in memory; anything beyond goes to disk."
    )
    max_request_body: NonNegativeInt | None = Field(
        default=None,
        description="Maximum size of a request body in bytes. By default, and with `0`, there is no limit.",
    )
    max_response_body: NonNegativeInt | None = Field(
        default=None,
        description="Maximum size of a response body in bytes. By default, and with `0`, there is no limit.",
    )


class ProxyLoggingSettings(SettingsModel):
    """Headers in kamal-proxy's log of requests, beside what it always logs."""

    request_headers: tuple[HeaderName, ...] = Field(default=(), description="Headers of requests to log.")
    response_headers: tuple[HeaderName, ...] = Field(default=(), description="Headers of responses to log.")


class ProxySettings(SettingsModel):
    """Routing of requests to the app's containers."""

    host: RouteHost | None = Field(default=None, description="Host name to serve. Default: every host name.")
    hosts: tuple[RouteHost, ...] = Field(default=(), description="Host names to serve, in place of `host`.")
    app_port: Port = Field(default=80, description="Port that the app listens on in its container.")
    path_prefix: PathPrefix | None = Field(
        default=None,
        description="Serve only paths that start with this prefix. A slash at its end makes no difference.",
    )
    path_prefixes: tuple[PathPrefix, ...] = Field(
        default=(), description="Several such prefixes, in place of `path_prefix`."
    )
    strip_path_prefix: Bool | None = Field(
        default=None,
        description="Whether the app gets the path of a request without the prefix. Default: yes.",
    )
    ssl: Ssl = Field(
        default=False,
        description="Whether to serve HTTPS with a certificate that kamal-proxy gets from Let's Encrypt, for a role with one "
        "host; or a certificate of your own. Needs `host` or `hosts`.",
    )
    ssl_redirect: Bool | None = Field(
        default=None, description="With `ssl`, whether HTTP is redirected to HTTPS. Default: yes."
    )
    ssl_staging: Bool | None = Field(
        default=None,
        description="With `ssl: true`, whether the certificate is from Let's Encrypt's staging environment, for trials: "
        "browsers do not trust it.",
    )
    canonical_host: CanonicalHost | None = Field(
        default=None, description="Host name that requests for the others are redirected to, such as `www.example.com`."
    )
    healthcheck: HealthcheckSettings = Field(
        default=HealthcheckSettings(), description="Health check of a new container before it gets requests."
    )
    response_timeout: PositiveSeconds = Field(
        default=30, description="Seconds to wait for the app's response to a request."
    )
    forward_headers: Bool | None = Field(
        default=None, description="Whether to pass on the client's `X-Forwarded-For` and `X-Forwarded-Proto` headers."
    )
    scope_cookie_paths: Bool | None = Field(
        default=None,
        description="With a path prefix, whether the paths of the app's cookies are put below it. Default: no.",
    )
    logging: ProxyLoggingSettings = Field(
        default=ProxyLoggingSettings(), description="Headers in kamal-proxy's log of requests."
    )
    buffering: BufferingSettings = Field(
        default=BufferingSettings(), description="Buffering of requests and responses."
    )
    run: ProxyRunSettings = Field(default=ProxyRunSettings(), description="kamal-proxy's own container.")

    @model_validator(mode="before")
    @classmethod
    def _refuse_bool(cls, value: Any) -> Any:
        if isinstance(value, bool):
            raise ValueError("must be a mapping; turn the proxy of a role on or off with servers.ROLE.proxy")
        return value

    @model_validator(mode="after")
    def _check_exclusive(self) -> Self:
        for one, several in EXCLUSIVE:
            if getattr(self, one) and getattr(self, several):
                raise ValueError(f"has both {one} and {several}; set only one of them")
        return self

    def all_hosts(self) -> tuple[str, ...]:
        """Return the host names to serve; an empty tuple stands for every host name."""
        return (self.host,) if self.host else self.hosts

    def all_paths(self) -> tuple[str, ...]:
        """Return the path prefixes to serve; "/" stands for every path."""
        return self.path_prefixes or (self.path_prefix or "/",)

    def merged(self, override: "ProxySettings") -> "ProxySettings":
        """Return these settings with those that are set in `override` put over them, key by key."""
        base, own = _given(self), _given(override)
        for keys in EXCLUSIVE:
            if own.keys() & set(keys):
                base = {key: value for key, value in base.items() if key not in keys}
        return ProxySettings.model_validate(_merge(base, own))


def _given(section: SettingsModel) -> dict[str, Any]:
    """Return the settings of a section that are set, those of the sections in it included."""
    values = {name: getattr(section, name) for name in section.model_fields_set}
    return {name: _given(value) if isinstance(value, SettingsModel) else value for name, value in values.items()}


def _merge(base: dict[str, Any], override: dict[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in override.items():
        below = merged.get(key)
        merged[key] = _merge(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return merged
