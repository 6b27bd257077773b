"""`proxy`: kamal-proxy, and what it does with an app's requests."""

import re
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator

from ..source.version import is_version
from .section import Count, Options, Port, Seconds, Section, Switch, is_host, is_server, shown


def _route_host(value: str) -> str:
    """kamal-proxy takes the whole of a name, or `*` for its first label."""
    if not is_host(value.removeprefix("*.")):
        hint = "; several go into hosts, as a list" if "," in value else ""
        raise ValueError(f"should be a host name, as shop.example.com or *.example.com, found {shown(value)}{hint}")
    return value


def _url_path(value: str) -> str:
    if not re.fullmatch(r"/[!-~]*", value):
        raise ValueError(f"should begin with / and have no blanks, found {shown(value)}")
    return value


def _registry(value: str) -> str:
    if not is_server(value):
        raise ValueError(f"should be a host name with or without a port, found {shown(value)}")
    return value


def _tag(value: str) -> str:
    if not is_version(value):
        raise ValueError(f"should be a tag, as v0.9.2, found {shown(value)}")
    return value


def _size(value: Any) -> Any:
    if not re.fullmatch(r"[1-9][0-9]*[kmg]?", str(value)):
        raise ValueError(f"should be a size, as 10m, found {shown(value)}")
    return str(value)


RouteHost = Annotated[str, AfterValidator(_route_host)]
UrlPath = Annotated[str, AfterValidator(_url_path)]


class Healthcheck(Section):
    """The probe that a container has to answer with a 2xx before it gets requests."""

    path: UrlPath = Field("/up", description="The path that is asked for.")
    interval: Count = Field(
        1, description="Seconds between two probes. Until it is set, a new container is probed each 100 ms."
    )
    timeout: Count = Field(5, description="Seconds that one answer may take.")


class Buffering(Section):
    """What kamal-proxy holds back until it is complete."""

    requests: Switch = Field(True, description="Whether requests are buffered.")
    responses: Switch = Field(True, description="Whether responses are buffered.")
    memory: Count | None = Field(None, description="Bytes that are buffered in memory; the rest goes to disk.")
    max_request_body: Count | None = Field(None, description="Bytes that a request's body may have.")
    max_response_body: Count | None = Field(None, description="Bytes that a response's body may have.")


class ProxyRun(Section):
    """The kamal-proxy container of a host. All apps on a host share it."""

    http_port: Port = Field(80, description="The port for HTTP.")
    https_port: Port = Field(443, description="The port for HTTPS.")
    registry: Annotated[str, AfterValidator(_registry)] | None = Field(
        None, description="The registry of its image; by default Docker Hub."
    )
    repository: str = Field("basecamp/kamal-proxy", description="The repository of its image.")
    version: Annotated[str, AfterValidator(_tag)] = Field("v0.9.2", description="The tag of its image.")
    log_max_size: Annotated[str, BeforeValidator(_size)] = Field(
        "10m", description="The size at which Docker turns its log over."
    )
    options: Options = Field({}, description="Further options of `docker run`.")

    @model_validator(mode="after")
    def _two_ports(self) -> Self:
        if self.http_port == self.https_port:
            raise ValueError(f"has {self.http_port} as http_port and as https_port: give each its own")
        return self

    @property
    def image(self) -> str:
        """The image's name for Docker."""
        server = f"{self.registry}/" if self.registry else ""
        return f"{server}{self.repository}:{self.version}"


class Proxy(Section):
    """How requests find the app, and how long they may take."""

    host: RouteHost | None = Field(None, description="The one host name that is served; by default every name is.")
    hosts: tuple[RouteHost, ...] = Field((), description="The host names that are served.")
    app_port: Port = Field(80, description="The port at which the container listens.")
    path_prefix: UrlPath | None = Field(None, description="Serve only paths that begin with this.")
    ssl: Switch = Field(False, description="Not supported yet: terminate TLS before the hosts.")
    healthcheck: Healthcheck = Field(Healthcheck(), description="The probe before the switch.")
    response_timeout: Seconds = Field(30, ge=1, description="Seconds that the app may take to answer a request.")
    forward_headers: Switch | None = Field(
        None, description="Whether X-Forwarded-For and -Proto of the client are passed on."
    )
    buffering: Buffering = Field(Buffering(), description="Buffers for requests and responses.")
    run: ProxyRun = Field(ProxyRun(), description="The kamal-proxy container itself.")

    @model_validator(mode="before")
    @classmethod
    def _not_a_switch(cls, value: Any) -> Any:
        if isinstance(value, bool):
            raise ValueError("should be a map: whether a role is behind the proxy is said by servers.ROLE.proxy")
        return value

    @field_validator("ssl", mode="before")
    @classmethod
    def _no_ssl(cls, value: Any) -> Any:
        if value in (True, "true") or isinstance(value, dict):
            raise ValueError("is not supported yet. Terminate TLS before the hosts (a load balancer), and leave it off")
        return value

    @model_validator(mode="after")
    def _host_or_hosts(self) -> Self:
        if self.host and self.hosts:
            raise ValueError("has both host and hosts: give one of them")
        return self

    def all_hosts(self) -> tuple[str, ...]:
        """The host names that are served; none stands for all."""
        return (self.host,) if self.host else self.hosts
