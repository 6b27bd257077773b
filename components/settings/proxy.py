"""`proxy`: how kamal-proxy routes requests to the app."""

from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, field_validator, model_validator

from .hosts import is_host
from .model import SettingsModel
from .proxy_run import ProxyRunSettings
from .url_path import HealthcheckPath, PathPrefix
from .values import Bool, Port, PositiveInt, PositiveSeconds, format_value


def _normalize_route_host(value: str) -> str:
    # kamal-proxy accepts a whole name, or `*` as its first label.
    if not is_host(value.removeprefix("*.")):
        hint = "; list several names in hosts" if "," in value else ""
        raise ValueError(
            f"must be a host name such as shop.example.com or *.example.com, not {format_value(value)}{hint}"
        )
    # kamal-proxy compares names as they are written, and browsers send them in lower case.
    return value.lower()


RouteHost = Annotated[str, AfterValidator(_normalize_route_host)]


class HealthcheckSettings(SettingsModel):
    """The health check: a container gets requests once it answers with a 2xx status."""

    path: HealthcheckPath = Field(default="/up", description="Path to request, without a query.")
    interval: PositiveInt = Field(
        default=1,
        description="Most seconds between two checks. A new container is checked every 100 ms at first.",
    )
    timeout: PositiveInt = Field(default=5, description="Seconds to wait for an answer.")


class BufferingSettings(SettingsModel):
    """Buffering of requests and responses in kamal-proxy."""

    requests: Bool = Field(default=True, description="Whether to buffer requests.")
    responses: Bool = Field(default=True, description="Whether to buffer responses.")
    memory: PositiveInt | None = Field(
        default=None, description="Bytes to buffer in memory; anything beyond goes to disk."
    )
    max_request_body: PositiveInt | None = Field(default=None, description="Maximum size of a request body in bytes.")
    max_response_body: PositiveInt | None = Field(default=None, description="Maximum size of a response body in bytes.")


class ProxySettings(SettingsModel):
    """Routing of requests to the app's containers."""

    host: RouteHost | None = Field(default=None, description="Host name to serve. Default: every host name.")
    hosts: tuple[RouteHost, ...] = Field(default=(), description="Host names to serve, in place of `host`.")
    app_port: Port = Field(default=80, description="Port that the app listens on in its container.")
    path_prefix: PathPrefix | None = Field(
        default=None,
        description="Serve only paths that start with this prefix. A slash at its end makes no difference.",
    )
    ssl: Bool = Field(default=False, description="Not supported yet. Terminate TLS in front of the hosts.")
    healthcheck: HealthcheckSettings = Field(
        default=HealthcheckSettings(), description="Health check of a new container before it gets requests."
    )
    response_timeout: PositiveSeconds = Field(
        default=30, description="Seconds to wait for the app's response to a request."
    )
    forward_headers: Bool | None = Field(
        default=None, description="Whether to pass on the client's `X-Forwarded-For` and `X-Forwarded-Proto` headers."
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

    @field_validator("ssl", mode="before")
    @classmethod
    def _refuse_ssl(cls, value: Any) -> Any:
        if value in (True, "true") or isinstance(value, dict):
            raise ValueError(
                "is not supported yet; terminate TLS in front of the hosts (with a load balancer) and leave this off"
            )
        return value

    @model_validator(mode="after")
    def _check_one_of_host_and_hosts(self) -> Self:
        if self.host and self.hosts:
            raise ValueError("has both host and hosts; set only one of them")
        return self

    def all_hosts(self) -> tuple[str, ...]:
        """Return the host names to serve; an empty tuple stands for every host name."""
        return (self.host,) if self.host else self.hosts

    def merged(self, override: "ProxySettings") -> "ProxySettings":
        """Return these settings with those that are set in `override` put over them, key by key."""
        base, own = self.model_dump(exclude_unset=True), override.model_dump(exclude_unset=True)
        if own.keys() & {"host", "hosts"}:
            base = {key: value for key, value in base.items() if key not in ("host", "hosts")}
        return ProxySettings.model_validate(_merge(base, own))


def _merge(base: dict[str, Any], override: dict[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in override.items():
        below = merged.get(key)
        merged[key] = _merge(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return merged
