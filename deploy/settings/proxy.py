"""`proxy`: kamal-proxy, and what it does with an app's requests."""

from typing import Self

from pydantic import Field, field_validator, model_validator

from deploy.settings.section import Count, HostName, Options, Port, Seconds, Section, Switch


class Healthcheck(Section):
    """The probe that a container has to answer with a 2xx before it gets requests."""

    path: str = Field("/up", pattern=r"^/\S*$", description="The path that is asked for.")
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
    registry: str | None = Field(None, description="The registry of its image; by default Docker Hub.")
    repository: str = Field("basecamp/kamal-proxy", description="The repository of its image.")
    version: str = Field("v0.9.2", description="The tag of its image.")
    log_max_size: str = Field("10m", description="The size at which Docker turns its log over.")
    options: Options = Field({}, description="Further options of `docker run`.")

    @property
    def image(self) -> str:
        """The image's name for Docker."""
        server = f"{self.registry}/" if self.registry else ""
        return f"{server}{self.repository}:{self.version}"


class Proxy(Section):
    """How requests find the app, and how long they may take."""

    host: HostName | None = Field(None, description="The one host name that is served; by default every name is.")
    hosts: tuple[HostName, ...] = Field((), description="The host names that are served.")
    app_port: Port = Field(80, description="The port at which the container listens.")
    path_prefix: str | None = Field(None, pattern=r"^/\S*$", description="Serve only paths that begin with this.")
    ssl: Switch = Field(False, description="Not supported yet: terminate TLS before the hosts.")
    healthcheck: Healthcheck = Field(Healthcheck(), description="The probe before the switch.")
    response_timeout: Seconds = Field(30, description="Seconds that the app may take to answer a request.")
    forward_headers: Switch | None = Field(
        None, description="Whether X-Forwarded-For and -Proto of the client are passed on."
    )
    buffering: Buffering = Field(Buffering(), description="Buffers for requests and responses.")
    run: ProxyRun = Field(ProxyRun(), description="The kamal-proxy container itself.")

    @field_validator("ssl")
    @classmethod
    def _no_ssl(cls, value: bool) -> bool:
        if value:
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
