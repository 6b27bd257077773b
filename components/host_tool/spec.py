"""What the steps are told. The deployer makes these objects, and the host reads the same ones from standard input.

Each setting stands once in a step, under the name that it has in the stack's config. Every value is given: the host
knows no defaults. Times are in seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

NO_SECRETS = "-"
"""What stands for the hash of secret values where there are none."""


@dataclass(frozen=True)
class ProxyRunSpec:
    """kamal-proxy's own container.

    Attributes:
        image: Its image with the tag.
        http_port: The host's port for HTTP.
        https_port: The host's port for HTTPS.
        log_max_size: The size at which Docker rotates its log, such as "10m".
        options: Further options of `docker run`, with a value for each time the option is passed.
        replace: Whether another kamal-proxy is replaced though apps of other owners use it, or Kamal has booted it.
        publish: False where no port of the host leads to it, else None.
        bind_ips: The addresses of the host at which it answers; None for all.
        http3: Whether it serves HTTP/3 as well; None for no.
        metrics_port: The port of its metrics; None for no metrics.
        debug: Whether it logs what helps to debug it; None for no.
    """

    image: str
    http_port: int
    https_port: int
    log_max_size: str
    options: dict[str, tuple[str, ...]]
    replace: bool
    publish: Optional[bool] = None
    bind_ips: Optional[tuple[str, ...]] = None
    http3: Optional[bool] = None
    metrics_port: Optional[int] = None
    debug: Optional[bool] = None

    @property
    def ports(self) -> tuple[int, ...]:
        """The host's ports that it needs."""
        return () if self.publish is False else (self.http_port, self.https_port)


@dataclass(frozen=True)
class PrepareSpec:
    """The input of `prepare`.

    Attributes:
        network: The Docker network that apps and kamal-proxy share.
        service: The app's service.
        destination: Its destination, "" for none.
        roles: The roles that it has on this host.
        stack: The stack that it belongs to: organization/project/stack.
        resource: What deploys it: the URN of the host's component. While that holds the app, no teardown takes a role down.
        take_over: Whether an app or a route of another owner is taken over.
        tool: The host tool itself, as `program` packs it: it travels with the first step.
        docker_install: Whether Docker is installed where it is missing; None for no.
        proxy: kamal-proxy as the settings want it; None where nothing on the host gets requests.
        accessories: The accessories that it has on this host, each with the name of its container; None for none.
    """

    network: str
    service: str
    destination: str
    roles: tuple[str, ...]
    stack: str
    resource: str
    take_over: bool
    tool: str
    proxy: Optional[ProxyRunSpec] = None
    docker_install: Optional[bool] = None
    accessories: Optional[dict[str, str]] = None


@dataclass(frozen=True)
class InspectSpec:
    """The input of `inspect`.

    Attributes:
        network: The Docker network that apps and kamal-proxy share.
        ports: The ports of the host that kamal-proxy needs; none where no role of the host gets requests.
        service: The app's service, to find what Kamal has of it; "" not to look for that.
        destination: The app's destination, "" for none.
        accessories: The names of its accessories' containers.
    """

    network: str
    ports: tuple[int, ...]
    service: str = ""
    destination: str = ""
    accessories: tuple[str, ...] = ()


@dataclass(frozen=True)
class RegistryLoginSpec:
    """The login to a registry."""

    server: str
    username: str
    password: str


@dataclass(frozen=True)
class SecretsSpec:
    """The input of `secrets`.

    Attributes:
        env: The secret environment variables of the role's containers, or of an accessory's.
        registry: The login to the registry of the image; None for no login.
    """

    env: dict[str, str]
    registry: Optional[RegistryLoginSpec] = None


@dataclass(frozen=True)
class CertificateSpec:
    """The input of `certificate` and of `accessory_certificate`: an own TLS certificate with its key, both in PEM."""

    certificate_pem: str
    private_key_pem: str


@dataclass(frozen=True)
class ContainerSpec:
    """All that makes a role's container, except the image's digest and the secrets: those are known later.

    Attributes:
        service: The app.
        role: The role.
        destination: The app's destination, "" for none.
        host: The host as the settings spell it, for KAMAL_HOST and for messages.
        version: The version, for KAMAL_VERSION and the container's name.
        network: The Docker network.
        cmd: The command; empty for the image's own.
        env: Clear environment variables.
        labels: The user's labels.
        options: Options of `docker run`, with a value for each time the option is passed; "true" for a plain flag.
        asset_path: Folders of the image whose files two versions serve for each other: PATH or PATH:OPTIONS, the options those
            of a mount; None for none.
    """

    service: str
    role: str
    destination: str
    host: str
    version: str
    network: str
    cmd: tuple[str, ...]
    env: dict[str, str]
    labels: dict[str, str]
    options: dict[str, tuple[str, ...]]
    asset_path: Optional[tuple[str, ...]] = None


@dataclass(frozen=True)
class HealthcheckSpec:
    """The health check of a role that gets requests: any 2xx status is healthy.

    Attributes:
        path, interval, timeout: As in the settings.
        port: The port of the container; None for that of the app.
        host: The Host header; None for the container's id.
    """

    path: str
    interval: int
    timeout: int
    port: Optional[int] = None
    host: Optional[str] = None


@dataclass(frozen=True)
class ProbeSpec:
    """Where a candidate is probed."""

    app_port: int
    healthcheck: HealthcheckSpec

    @property
    def port(self) -> int:
        """The port of the container that is probed."""
        return self.healthcheck.port or self.app_port


@dataclass(frozen=True)
class CandidateSpec:
    """The input of `candidate`.

    Attributes:
        container: What the container is made of.
        deploy_timeout: How long it may take to become healthy.
        proxy: Where it is probed; None for a role that gets no requests, whose container starts at its switch.
    """

    container: ContainerSpec
    deploy_timeout: int
    proxy: Optional[ProbeSpec] = None


@dataclass(frozen=True)
class BufferingSpec:
    """Buffering of requests and responses in kamal-proxy. Sizes are in bytes; None for kamal-proxy's default."""

    requests: bool
    responses: bool
    memory: Optional[int] = None
    max_request_body: Optional[int] = None
    max_response_body: Optional[int] = None


@dataclass(frozen=True)
class ProxyLoggingSpec:
    """The headers of requests and responses that kamal-proxy logs beside what it always logs."""

    request_headers: tuple[str, ...]
    response_headers: tuple[str, ...]


@dataclass(frozen=True)
class RouteSpec:
    """How kamal-proxy routes requests to a role. What is None has kamal-proxy's default.

    Attributes:
        hosts: The host names to serve; empty for all.
        app_port: The port that the app listens on.
        path_prefix: The path prefix to serve; None for all paths, or for several prefixes.
        path_prefixes: Several path prefixes to serve, in place of `path_prefix`.
        strip_path_prefix: Whether the app gets a request's path without the prefix.
        healthcheck: kamal-proxy's own check before it switches.
        response_timeout: How long the app may take to answer.
        forward_headers: Whether the client's X-Forwarded headers are passed on.
        buffering: Buffering of requests and responses.
        ssl: Whether HTTPS is served.
        ssl_redirect: Whether HTTP is redirected to HTTPS.
        ssl_staging: Whether the certificate is from Let's Encrypt's staging environment.
        canonical_host: The host name that requests for others are redirected to.
        scope_cookie_paths: Whether the paths of cookies are put below the path prefix.
        logging: The headers that are logged.
    """

    hosts: tuple[str, ...]
    app_port: int
    healthcheck: HealthcheckSpec
    response_timeout: int
    buffering: BufferingSpec
    path_prefix: Optional[str] = None
    forward_headers: Optional[bool] = None
    path_prefixes: Optional[tuple[str, ...]] = None
    strip_path_prefix: Optional[bool] = None
    ssl: Optional[bool] = None
    ssl_redirect: Optional[bool] = None
    ssl_staging: Optional[bool] = None
    canonical_host: Optional[str] = None
    scope_cookie_paths: Optional[bool] = None
    logging: Optional[ProxyLoggingSpec] = None

    @property
    def paths(self) -> tuple[str, ...]:
        """The path prefixes to serve, "/" for all paths."""
        return self.path_prefixes or (self.path_prefix or "/",)


@dataclass(frozen=True)
class SwitchSpec:
    """The input of `switch`. A role has either `proxy` and `drain_timeout`, or `strategy` and `readiness_delay`.

    Attributes:
        version: The version that is switched to.
        deploy_timeout: How long the container may take to become healthy or ready.
        stop_timeout: How long the old container has between TERM and KILL.
        retain_containers: How many stopped containers are kept for rollbacks.
        proxy: How requests are routed; None for a role that gets none.
        drain_timeout: How long open requests have to finish.
        maintenance: The message of the maintenance that kamal-proxy answers requests with; None for no maintenance.
        error_pages: kamal-proxy's error pages: name of the file to content.
        strategy: Whether a role without proxy starts its new container first, "start-first", or stops the old one
            first, "stop-first".
        readiness_delay: How long a container without health check has to run to count as ready.
    """

    version: str
    deploy_timeout: int
    stop_timeout: int
    retain_containers: int
    proxy: Optional[RouteSpec] = None
    drain_timeout: Optional[int] = None
    strategy: Optional[str] = None
    readiness_delay: Optional[int] = None
    maintenance: Optional[str] = None
    error_pages: Optional[dict[str, str]] = None


@dataclass(frozen=True)
class TaskSpec:
    """The input of `task`: the role's container with the task as its command, and how long it may take."""

    container: ContainerSpec
    timeout: int


@dataclass(frozen=True)
class HookSpec:
    """The input of `hook`.

    Attributes:
        script: The user's script.
        performer: KAMAL_PERFORMER.
        recorded_at: KAMAL_RECORDED_AT.
        started_at: When the deploy began, in seconds since 1970.
        secrets: The secrets that the settings give the hook.
    """

    script: str
    performer: str
    recorded_at: str
    started_at: int
    secrets: dict[str, str]


@dataclass(frozen=True)
class FileSpec:
    """A file that an accessory mounts.

    Attributes:
        remote: Its path in the container.
        content: What is in it.
        mode: Its mode in octal digits.
        base64: Whether the content is in base64, None where it is text.
        owner: Its user, or user and group; None for the SSH user.
        options: Options of the mount, None for none.
    """

    remote: str
    content: str
    mode: str
    base64: Optional[bool] = None
    owner: Optional[str] = None
    options: Optional[str] = None


@dataclass(frozen=True)
class DirectorySpec:
    """A folder of the host that an accessory mounts.

    Attributes:
        local: Its path, from the accessory's folder or absolute.
        remote: Its path in the container.
        mode: Its mode in octal digits, None to leave it as it is.
        owner: Its user, or user and group; None to leave it as it is.
        options: Options of the mount, None for none.
    """

    local: str
    remote: str
    mode: Optional[str] = None
    owner: Optional[str] = None
    options: Optional[str] = None


@dataclass(frozen=True)
class AccessoryContainerSpec:
    """All that makes an accessory's container, except the secrets.

    Attributes:
        service: The name of the container, of its route and of its folder in the home directory.
        host: The host as the settings spell it, for KAMAL_HOST and for messages.
        image: Its image, with a tag, a digest or both.
        network: The Docker network.
        cmd: The command; empty for the image's own.
        env: Clear environment variables.
        labels: The user's labels.
        options: Options of `docker run`, with a value for each time the option is passed; "true" for a plain flag.
        files, directories, volumes: What it mounts.
        port: The port that it publishes, ADDRESS:HOST_PORT:PORT; None for none.
    """

    service: str
    host: str
    image: str
    network: str
    cmd: tuple[str, ...]
    env: dict[str, str]
    labels: dict[str, str]
    options: dict[str, tuple[str, ...]]
    files: tuple[FileSpec, ...]
    directories: tuple[DirectorySpec, ...]
    volumes: tuple[str, ...]
    port: Optional[str] = None


@dataclass(frozen=True)
class AccessorySpec:
    """The input of `accessory`.

    Attributes:
        container: What its container is made of.
        deploy_timeout: How long a new one may take to become healthy or ready.
        readiness_delay: How long one without health check has to run to count as ready.
        stop_timeout: How long it has between TERM and KILL.
        proxy: How requests are routed to it; None where it gets none.
        drain_timeout: How long open requests have to finish; None where it gets none.
    """

    container: AccessoryContainerSpec
    deploy_timeout: int
    readiness_delay: int
    stop_timeout: int
    proxy: Optional[RouteSpec] = None
    drain_timeout: Optional[int] = None
