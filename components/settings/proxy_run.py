"""`proxy.run`: how kamal-proxy itself runs on a host."""

import re
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from .docker_options import DockerOptions
from .hosts import Server
from .model import SettingsModel
from .names import ImageTag
from .values import Bool, Port, format_value

SIZE_PATTERN = r"[1-9][0-9]*[kmg]?"


def _check_size(value: Any) -> Any:
    if not re.fullmatch(SIZE_PATTERN, str(value)):
        raise ValueError(f"must be a size such as 10m, not {format_value(value)}")
    return str(value)


Size = Annotated[
    str,
    BeforeValidator(_check_size),
    WithJsonSchema({"anyOf": [{"type": "string", "pattern": f"^{SIZE_PATTERN}$"}, {"type": "integer", "minimum": 1}]}),
]


class ProxyRunSettings(SettingsModel):
    """The kamal-proxy container of a host, which all apps on the host share."""

    http_port: Port = Field(default=80, description="Port for HTTP on the host.")
    https_port: Port = Field(default=443, description="Port for HTTPS on the host.")
    registry: Server | None = Field(default=None, description="Registry of kamal-proxy's image. Default: Docker Hub.")
    repository: str = Field(default="basecamp/kamal-proxy", description="Repository of kamal-proxy's image.")
    version: ImageTag = Field(default="v0.9.2", description="Tag of kamal-proxy's image.")
    log_max_size: Size = Field(default="10m", description="Size at which Docker rotates kamal-proxy's log.")
    options: DockerOptions = Field(default={}, description="Additional options of `docker run`.")
    replace: Bool = Field(
        default=False,
        description="Replace a kamal-proxy that runs with other options although apps of other stacks use it. "
        "Their requests fail for about a second. Without it, kamal-proxy stays as it is on such a host.",
    )

    @model_validator(mode="after")
    def _check_ports_differ(self) -> Self:
        if self.http_port == self.https_port:
            raise ValueError(f"has {self.http_port} as both http_port and https_port; the ports must differ")
        return self

    @property
    def image(self) -> str:
        """The image's full name."""
        server = f"{self.registry}/" if self.registry else ""
        return f"{server}{self.repository}:{self.version}"
