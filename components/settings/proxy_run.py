"""`proxy.run`: how kamal-proxy itself runs on a host."""

import ipaddress
import re
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from .docker_options import ProxyOptions
from .hosts import Server
from .model import SettingsModel
from .names import ImageTag
from .values import Bool, Port, format_value

SIZE_PATTERN = r"[1-9][0-9]*[kmg]?"


def _check_size(value: Any) -> Any:
    if not re.fullmatch(SIZE_PATTERN, str(value)):
        raise ValueError(f"must be a size such as 10m, not {format_value(value)}")
    return str(value)


def _check_address(value: str) -> str:
    try:
        return str(ipaddress.ip_address(value))
    except ValueError:
        raise ValueError(f"must be an IP address such as 192.0.2.11, not {format_value(value)}") from None


IpAddress = Annotated[str, AfterValidator(_check_address)]
Size = Annotated[
    str,
    BeforeValidator(_check_size),
    WithJsonSchema({"anyOf": [{"type": "string", "pattern": f"^{SIZE_PATTERN}$"}, {"type": "integer", "minimum": 1}]}),
]


class ProxyRunSettings(SettingsModel):
    """The kamal-proxy container of a host, which all apps on the host share."""

    http_port: Port = Field(default=80, description="Port for HTTP on the host.")
    https_port: Port = Field(default=443, description="Port for HTTPS on the host.")
    publish: Bool = Field(
        default=True,
        description="Whether the host's ports lead to kamal-proxy. Without them, something else on the network `kamal` has to "
        "pass requests on.",
    )
    bind_ips: tuple[IpAddress, ...] = Field(
        default=(), description="Addresses of the host at which kamal-proxy answers. Default: all."
    )
    http3: Bool = Field(
        default=False, description="Whether kamal-proxy serves HTTP/3 as well, at the port for HTTPS (UDP)."
    )
    metrics_port: Port | None = Field(
        default=None,
        description="Port of Prometheus metrics in kamal-proxy's container, for programs on the network `kamal`. "
        "Default: no metrics.",
    )
    debug: Bool = Field(default=False, description="Whether kamal-proxy logs what helps to debug it.")
    registry: Server | None = Field(default=None, description="Registry of kamal-proxy's image. Default: Docker Hub.")
    repository: str = Field(default="basecamp/kamal-proxy", description="Repository of kamal-proxy's image.")
    version: ImageTag = Field(default="v0.9.2", description="Tag of kamal-proxy's image.")
    log_max_size: Size = Field(default="10m", description="Size at which Docker rotates kamal-proxy's log.")
    options: ProxyOptions = Field(default={}, description="Additional options of `docker run`.")
    replace: Bool = Field(
        default=False,
        description="Replace a kamal-proxy that runs with other options although apps of other stacks use it, or Kamal has booted "
        "it. Their requests fail for about a second. Without it, kamal-proxy stays as it is on such a host.",
    )

    @model_validator(mode="after")
    def _check_ports_differ(self) -> Self:
        if self.http_port == self.https_port:
            raise ValueError(f"has {self.http_port} as both http_port and https_port; the ports must differ")
        return self

    @model_validator(mode="after")
    def _check_published(self) -> Self:
        needless = sorted({"http_port", "https_port", "bind_ips"} & self.model_fields_set)
        if not self.publish and needless:
            raise ValueError(f"has publish: false, and {needless[0]}, which only says where ports are published")
        return self

    @property
    def ports(self) -> tuple[int, ...]:
        """The ports of the host that kamal-proxy needs."""
        return (self.http_port, self.https_port) if self.publish else ()

    @property
    def image(self) -> str:
        """The image's full name."""
        server = f"{self.registry}/" if self.registry else ""
        return f"{server}{self.repository}:{self.version}"
