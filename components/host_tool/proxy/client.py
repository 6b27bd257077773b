"""kamal-proxy on this host: what it routes to, and what it is asked for.

Its own program is the only client: it talks to the server over a socket inside the container.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Optional

from ..docker.client import DockerError
from ..docker.engine import Docker
from ..errors import StepError
from ..output import last_lines
from ..result import RouteFacts
from ..spec import RouteSpec, SwitchSpec
from .files import CONFIG, ConfigFolder, FileSet, archive_of, read_config_folder

CONTAINER = "kamal-proxy"

# What kamal-proxy v0.9.2 says when it has decided not to switch: its server's errors, then those of its command line.
REFUSALS = re.compile(
    r"target failed to become healthy|host settings conflict|service not found|invalid host pattern|"
    r"unable to load|automatic TLS|no healthy targets|rollout target not set|"
    r"unknown (command|flag|shorthand)|invalid argument \"|required flag|must be|can only be set|flag needs an argument"
)


class ProxyError(Exception):
    """kamal-proxy has not done what it was asked for, or nobody knows whether it has."""


class ProxyRefusedError(ProxyError):
    """kamal-proxy has said no: it has not done what it was asked for, and will not."""


class ProxyConflictError(ProxyRefusedError):
    """Another service has the same host name and path."""


class ProxyStoppedError(ProxyError):
    """The container of kamal-proxy is there, but does not run."""


class ProxyMissingError(ProxyError):
    """There is no container of kamal-proxy."""


class ProxyLostError(ProxyError):
    """Nobody knows what kamal-proxy has done: it, or the way to it, ended before it answered."""


class KamalProxy:
    """What the steps ask kamal-proxy for."""

    def __init__(self, docker: Docker) -> None:
        self._docker = docker

    def deploy(self, service: str, target: str, flags: Sequence[str]) -> None:
        """Route a service to a target, and return when the old target is drained.

        Args:
            service: The route's name.
            target: container:port.
            flags: Of `kamal-proxy deploy`.

        Raises:
            ProxyConflictError: Another service has the same host name and path.
            ProxyRefusedError: It has not switched and will not.
            ProxyStoppedError: It does not run, so nothing has happened.
            ProxyMissingError: It is not there, so nothing has happened.
            ProxyLostError: It may have switched.
        """
        self._ask("deploy", service, f"--target={target}", *flags)

    def stop(self, service: str, message: str, drain_timeout: int) -> None:
        """Have a route answer 503 with a message, once open requests have ended.

        Raises:
            ProxyError: It may not do that.
        """
        self._ask("stop", service, f"--message={message}", f"--drain-timeout={drain_timeout}s")

    def resume(self, service: str) -> None:
        """Have a route answer again.

        Raises:
            ProxyError: It may not do that.
        """
        self._ask("resume", service)

    def files(self) -> ConfigFolder:
        """Return which files kamal-proxy has.

        Raises:
            ProxyMissingError: It is not there.
            DockerError: They cannot be read.
        """
        try:
            return read_config_folder(self._docker.files.copy_out(CONTAINER, CONFIG))
        except DockerError as error:
            raise _copy_failure(error) from None

    def give_files(self, route_folder: str, sets: Sequence[FileSet]) -> None:
        """Give kamal-proxy the files of a route, as far as it does not have them.

        Raises:
            ProxyMissingError: It is not there.
            DockerError: They cannot be written.
        """
        there = self.files()
        lacking = [each for each in sets if not there.has(route_folder, each)]
        if not lacking:
            return
        try:
            self._docker.files.copy_in(CONTAINER, CONFIG, archive_of(route_folder, lacking, there))
        except DockerError as error:
            raise _copy_failure(error) from None

    def remove_files(self, route_folder: str, names: Sequence[str] = ("",)) -> bool:
        """Remove sets of files of a route, by default all, and return whether they are gone."""
        folders = [f"{CONFIG}/{route_folder}/{name}".rstrip("/") for name in names]
        # With `rm` of kamal-proxy's image: `docker cp` removes nothing.
        return self._docker.run("exec", CONTAINER, "rm", "-rf", "--", *folders, check=False).returncode == 0

    def remove(self, service: str) -> None:
        """Remove a route, if there is one.

        Raises:
            ProxyStoppedError: It does not run. It will have the route again when it does.
            StepError: The route may still be there.
        """
        try:
            self._ask("remove", service)
        except ProxyMissingError:
            return
        except (ProxyRefusedError, ProxyLostError) as error:
            if "service not found" not in str(error):
                raise StepError(f"the route {service} could not be removed from kamal-proxy: {error}") from None

    def routes(self) -> dict[str, RouteFacts]:
        """Return the routes by name.

        Raises:
            ProxyError: It did not answer.
        """
        return parse_routes(self._ask("list"))

    def _ask(self, *words: str) -> str:
        done = self._docker.run("exec", CONTAINER, "kamal-proxy", *words, check=False)
        if done.returncode == 0:
            return done.stdout
        raise failure_of(done.returncode, done.stderr or done.stdout)


def _copy_failure(error: DockerError) -> Exception:
    return ProxyMissingError(str(error)) if "No such container" in str(error) else error


def failure_of(status: int, said: str) -> ProxyError:
    """Return what a failed call of kamal-proxy means.

    Args:
        status: Its exit status.
        said: What it, or Docker on the way to it, said.
    """
    words = (last_lines(said, 1) or [f"exit status {status}"])[0]
    if "No such container" in said:
        return ProxyMissingError(words)
    if "is not running" in said or "is restarting" in said:
        return ProxyStoppedError(words)
    errors = [line for line in last_lines(said, 50) if line.startswith("Error: ")]
    # Its own errors end it with 1, a signal or a lost engine with another status. What it says of a connection that
    # broke is none of its decisions.
    if status == 1 and errors and REFUSALS.search(errors[0]):
        refused = ProxyConflictError if "host settings conflict" in errors[0] else ProxyRefusedError
        return refused(errors[0][len("Error: ") :])
    return ProxyLostError(words)


def parse_routes(table: str) -> dict[str, RouteFacts]:
    """Return the routes by name in the table that `kamal-proxy list` prints, with colours."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", table)
    rows = [line.split() for line in plain.splitlines()[1:]]
    return {row[0]: _route(*row[1:6]) for row in rows if len(row) > 3}


def _route(hosts: str, paths: str, targets: str, state: str = "running", tls: str = "no") -> RouteFacts:
    return RouteFacts(
        () if hosts == "*" else tuple(hosts.split(",")),
        tuple(paths.split(",")),
        tuple(targets.split(",")),
        state=state,
        tls=tls == "yes",
    )


def leads_to(container_id: str, route: RouteFacts) -> bool:
    """Return whether a route leads to a container, by its 12 digits."""
    return any(target.partition(":")[0] == container_id for target in route.targets)


def is_routed(container_id: str, routes: Mapping[str, RouteFacts]) -> bool:
    """Return whether any route leads to a container, by its 12 digits."""
    return any(leads_to(container_id, route) for route in routes.values())


def route_flags(spec: SwitchSpec, route: RouteSpec) -> list[str]:
    """Return the flags of `kamal-proxy deploy` for a switch. A flag that is left out has kamal-proxy's default."""
    health, buffering, logging = route.healthcheck, route.buffering, route.logging
    flags: dict[str, Optional[object]] = {
        "deploy-timeout": f"{spec.deploy_timeout}s",
        "drain-timeout": f"{spec.drain_timeout}s",
        "health-check-path": health.path,
        "health-check-interval": f"{health.interval}s",
        "health-check-timeout": f"{health.timeout}s",
        "health-check-port": health.port,
        "health-check-host": health.host,
        "target-timeout": f"{route.response_timeout}s",
        "forward-headers": route.forward_headers,
        "path-prefix": route.path_prefix,
        "strip-path-prefix": route.strip_path_prefix,
        "tls": route.ssl,
        "tls-redirect": route.ssl_redirect,
        "tls-staging": route.ssl_staging,
        "canonical-host": route.canonical_host,
        "scope-cookie-paths": route.scope_cookie_paths,
        "buffer-requests": buffering.requests,
        "buffer-responses": buffering.responses,
        "buffer-memory": buffering.memory,
        "max-request-body": buffering.max_request_body,
        "max-response-body": buffering.max_response_body,
    }
    repeated = {
        "path-prefix": route.path_prefixes or (),
        "log-request-header": logging.request_headers if logging else (),
        "log-response-header": logging.response_headers if logging else (),
        "host": route.hosts,
    }
    words = [f"--{flag}={flag_value(value)}" for flag, value in flags.items() if value is not None]
    return [*words, *(f"--{flag}={value}" for flag, values in repeated.items() for value in values)]


def flag_value(value: object) -> str:
    """Return the value of a flag as kamal-proxy reads it."""
    return str(value).lower() if isinstance(value, bool) else str(value)
