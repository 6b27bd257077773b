"""What the steps print: the host writes these objects to standard output, and the deployer reads them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Optional

from .owner import Owner


@dataclass(frozen=True)
class Prepared:
    """The output of `prepare`.

    Attributes:
        docker: Docker's version.
        proxy: kamal-proxy's image where a role gets requests.
        proxy_id: The first 12 digits of the id of its container.
    """

    docker: str
    proxy: Optional[str] = None
    proxy_id: Optional[str] = None


@dataclass(frozen=True)
class KeptSecrets:
    """The output of `secrets`.

    Attributes:
        secrets_hash: A keyed hash of the values. It changes when a value does, and tells nothing about it.
    """

    secrets_hash: str


@dataclass(frozen=True)
class KeptCertificate:
    """The output of `certificate` and of `accessory_certificate`.

    Attributes:
        certificate_hash: A keyed hash of the certificate and its key.
    """

    certificate_hash: str


@dataclass(frozen=True)
class StartedCandidate:
    """The output of `candidate`.

    Attributes:
        release: The release that the container is of.
        previous: The release that the switch comes from: that of an interrupted switch, else the current one, else "none".
    """

    release: str
    previous: str


@dataclass(frozen=True)
class Running:
    """The output of `switch`: what runs, as Docker says.

    Attributes:
        container: The container's name.
        container_id: Its id.
        version: Its version label.
        digest: The digest of its image.
        release: Its release label.
        since: When it was started, in UTC: 2026-01-31T12:00:00Z.
        previous: The version that ran before, "" for the first.
    """

    container: str
    container_id: str
    version: str
    digest: str
    release: str
    since: str
    previous: str


@dataclass(frozen=True)
class RunningAccessory:
    """The output of `accessory`: what runs, as Docker says.

    Attributes:
        container: The container's name.
        container_id: Its id.
        image: The image as the settings name it.
        digest: The image's digest in its registry, or its id where it is from none.
        release: The hash of all that makes the container.
        since: When it was started, in UTC: 2026-01-31T12:00:00Z.
    """

    container: str
    container_id: str
    image: str
    digest: str
    release: str
    since: str


@dataclass(frozen=True)
class ContainerFacts:
    """A container of a role.

    Attributes:
        id: The first 12 digits of its id.
        name: Its name.
        state: Docker's word: created, running, paused, restarting, exited, dead.
        since: When it was started, or ended where it does not run, in UTC: 2026-01-31T12:00:00Z.
        release, version: Its labels.
        health: Docker's word for its own health check: healthy, unhealthy, starting, none.
        routed: Whether kamal-proxy routes to it.
    """

    id: str
    name: str
    state: str
    since: str
    release: str
    version: str
    health: str
    routed: bool


@dataclass(frozen=True)
class RoleFacts:
    """A role of the app on this host.

    Attributes:
        host: The host as the settings that deployed it spell it; "" where it has had no container yet.
        route: The name of its route in kamal-proxy.
        current: The release that was switched to last, "" for none.
        version: The version of that release.
        switching: The version of a switch that was begun and of which nobody knows how it ended, "" for none.
        container: The container of the current release, None where there is none.
        strays: The containers of other releases that run, or are routed to.
        kept: The versions that have a stopped container, the newest first.
        secrets: The hashes of the secret values that are here.
        certificates: The hashes of the TLS certificates that are here.
        lost_files: What kamal-proxy's route has been given, and kamal-proxy no longer has: certificates and error pages.
    """

    host: str
    route: str
    current: str
    version: str
    switching: str
    strays: tuple[ContainerFacts, ...]
    kept: tuple[str, ...]
    secrets: tuple[str, ...]
    container: Optional[ContainerFacts] = None
    certificates: tuple[str, ...] = ()
    lost_files: tuple[str, ...] = ()


@dataclass(frozen=True)
class AccessoryFacts:
    """An accessory of the app on this host.

    Attributes:
        host: The host as the settings that deployed it spell it.
        service: The name of its container and its route.
        release: The release that was started last, "" for none.
        replacing: Whether a replacement of its container was interrupted.
        login: Whether a login to its registry is kept here.
        secrets: The hashes of the secret values that are here.
        container: Its container, None where there is none.
        certificates: The hashes of the TLS certificates that are here.
        lost_files: What kamal-proxy has been given for its route, and no longer has: a certificate.
    """

    host: str
    service: str
    release: str
    replacing: bool
    login: bool
    secrets: tuple[str, ...]
    container: Optional[ContainerFacts] = None
    certificates: tuple[str, ...] = ()
    lost_files: tuple[str, ...] = ()


@dataclass(frozen=True)
class ProxyFacts:
    """The container of kamal-proxy.

    Attributes:
        id: The first 12 digits of its id.
        state: Docker's word.
        since: When it was started, or ended where it does not run.
        image: Its image with the tag.
        boot: The hash of the options that it was booted with, "" if Kamal booted it.
        ports: The ports of the host that it publishes.
        options: Of one that Kamal has booted, the options that can be told, by their keys in `proxy.run`.
    """

    id: str
    state: str
    since: str
    image: str
    boot: str
    ports: tuple[int, ...]
    options: dict[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class RouteFacts:
    """A route of kamal-proxy.

    Attributes:
        hosts: The host names that it serves; empty for all.
        paths: The path prefixes, "/" for all.
        targets: container:port.
        state: kamal-proxy's word: running, stopped (which is maintenance), paused.
        tls: Whether it serves HTTPS.
    """

    hosts: tuple[str, ...]
    paths: tuple[str, ...]
    targets: tuple[str, ...]
    state: str = "running"
    tls: bool = False


@dataclass(frozen=True)
class AppFacts:
    """An app that is on this host.

    Attributes:
        app: Its name: service-destination.
        owner: Whose it is, None where nobody has noted it.
        prefixes: By role, the beginning of its containers' names.
        routes: By role, the name of its route.
        resource: What holds the app, "" for nothing.
        damaged: The files of another app that cannot be read, each with the end of a sentence that says why.
        accessories: By accessory, the name of its container, also of those that are only wanted.
    """

    app: str
    prefixes: dict[str, str]
    routes: dict[str, str]
    resource: str = ""
    owner: Optional[Owner] = None
    damaged: dict[str, str] = field(default_factory=dict)
    accessories: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class KamalContainer:
    """A container that Kamal has made.

    Attributes:
        name: Its name.
        role: The role that it is of.
        state: Docker's word.
        since: When it was started, or ended where it does not run.
    """

    name: str
    role: str
    state: str
    since: str


@dataclass(frozen=True)
class KamalFacts:
    """What Kamal has of an app on this host.

    Attributes:
        containers: The containers that it has made, the newest first.
        files: Its files and folders, relative to the home directory, but for its lock.
        lock: What it has noted of who holds its lock, "" where nobody does.
        accessories: The containers of accessories that it has made, by name.
        destinations: The other destinations of the service that it runs here, "" for none.
    """

    containers: tuple[KamalContainer, ...]
    files: tuple[str, ...]
    lock: str
    accessories: tuple[str, ...] = ()
    destinations: tuple[str, ...] = ()


@dataclass(frozen=True)
class HostFacts:
    """The output of `inspect`: what there is on a host.

    Attributes:
        machine_id: What tells the machine from others, "" where that is not known.
        docker_problem: Why Docker cannot be used: a sentence with what to do; "" where it can.
        free_mb: Megabytes that are free where Docker keeps its data, None where nobody may look.
        network: Whether the Docker network is there.
        proxy: kamal-proxy's container, None where there is none.
        replacing: Whether a replacement of it was interrupted.
        routes: kamal-proxy's routes by name; None where it does not answer.
        install_problem: Why Docker, which is missing, cannot be installed here, "" where it can; None where it is not missing.
        taken_ports: The ports that kamal-proxy needs and something else has, each with what that is.
        tool: Whether this host tool is installed, and runs.
        prepared: Whether the host was prepared for this app (host.json is there).
        login: Whether a login to a registry is kept here.
        apps: All apps on the host, this one as well.
        roles: This app's roles.
        accessories: This app's accessories.
        versions: The versions that this app has run here, with their digests, the latest last.
        held_locks: Who holds which lock of this app, or of kamal-proxy: sentences' ends, such as "the lock of role web is held by
            switch of shop, process 123".
        kamal: What Kamal has of this app, None for nothing.
    """

    machine_id: str
    docker_problem: str
    network: bool
    replacing: bool
    taken_ports: dict[str, str]
    tool: bool
    prepared: bool
    login: bool
    apps: tuple[AppFacts, ...]
    roles: dict[str, RoleFacts]
    versions: dict[str, str]
    held_locks: tuple[str, ...]
    free_mb: Optional[int] = None
    proxy: Optional[ProxyFacts] = None
    routes: Optional[dict[str, RouteFacts]] = None
    install_problem: Optional[str] = None
    kamal: Optional[KamalFacts] = None
    accessories: dict[str, AccessoryFacts] = field(default_factory=dict)
