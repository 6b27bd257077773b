"""A probe of a container's health: the one that kamal-proxy makes, from the host straight to the container."""

from __future__ import annotations

import http.client
import socket
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from typing import Any

from ..docker.container_state import ContainerState
from ..output import printable
from ..spec import ProbeSpec


def ask(container: str, state: ContainerState, probe: ProbeSpec, limit: float) -> str:
    """Probe a container once, as kamal-proxy does: GET, redirects followed, the container's id as the host name.

    Returns:
        "" if it is healthy, else what is wrong.
    """
    if not state.address:
        return "no address: it does not run"
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), _ContainerHandler(container, state.address), _RedirectHandler()
    )
    request = urllib.request.Request(f"http://{container}:{probe.port}{probe.healthcheck.path}")
    request.add_header("User-Agent", "kamal-proxy")
    if probe.healthcheck.host:
        request.add_header("Host", probe.healthcheck.host)
    try:
        with opener.open(request, timeout=min(probe.healthcheck.timeout, limit)) as response:
            return "" if 200 <= response.status < 300 else f"status {response.status}"
    except urllib.error.HTTPError as error:
        return f"status {error.code}"
    except urllib.error.URLError as error:
        return _words(error.reason)
    except Exception as error:  # whatever is not HTTP
        return _words(error)


class _RedirectHandler(urllib.request.HTTPRedirectHandler):
    """Asks the host that a redirect names; with the same Host header where it names none, as kamal-proxy does."""

    def redirect_request(self, req: urllib.request.Request, *words: Any) -> Any:
        redirected = super().redirect_request(req, *words)
        _, _, _, headers, _ = words
        if redirected and urllib.parse.urlsplit(headers.get("location", "")).scheme:
            redirected.remove_header("Host")
        return redirected


class _ContainerHandler(urllib.request.HTTPHandler):
    """Opens http://CONTAINER:PORT at the container's address. Only Docker's own DNS knows the name."""

    def __init__(self, container: str, address: str) -> None:
        super().__init__()
        self._addresses = {container: address}

    def http_open(self, request: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(self._connection, request)

    def _connection(self, host: str, /, **options: Any) -> http.client.HTTPConnection:
        return _ContainerConnection(self._addresses, host, **options)


class _ContainerConnection(http.client.HTTPConnection):
    """A connection to a host whose address may be one of those given here."""

    def __init__(self, addresses: Mapping[str, str], host: str, **options: Any) -> None:
        super().__init__(host, **options)
        self._addresses = addresses

    def connect(self) -> None:
        self.sock = socket.create_connection((self._addresses.get(self.host, self.host), self.port), self.timeout)


def _words(reason: object) -> str:
    if isinstance(reason, TimeoutError):
        return "no answer in time"
    return printable(str(getattr(reason, "strerror", None) or reason)).lower()
