"""The few calls of the Docker Engine API that the sandbox makes, over a unix socket (API 1.41, Docker 20.10)."""

import base64
import http.client
import json
import socket
from pathlib import Path
from urllib.parse import quote

from dev.sandbox.errors import SandboxError


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a unix socket; every read and write is limited to `timeout` seconds."""

    def __init__(self, path: Path, timeout: float) -> None:
        super().__init__("docker", timeout=timeout)
        self.path = str(path)

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def request(
    path: Path,
    method: str,
    url: str,
    body: bytes | None = None,
    headers: dict[str, str] | None = None,
    timeout: float = 120,
) -> tuple[int, bytes]:
    """Status and body of the answer of the engine that listens at `path`. Raises OSError when none answers."""
    connection = UnixConnection(path, timeout)
    try:
        connection.request(method, url, body, headers or {})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def ping(path: Path) -> bool:
    """Whether an engine answers."""
    try:
        return request(path, "GET", "/_ping", timeout=5)[0] == 200
    except (OSError, http.client.HTTPException):
        return False


def listens(path: Path) -> bool:
    """Whether anybody accepts connections at the unix socket `path`."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(5)
        try:
            connection.connect(str(path))
        except OSError:
            return False
        return True


def image_id(path: Path, name: str) -> str | None:
    """`sha256:…` of the image called `name`, None if there is none."""
    status, body = request(path, "GET", f"/v1.41/images/{quote(name)}/json")
    return json.loads(body)["Id"] if status == 200 else None


def load(path: Path, archive: bytes) -> None:
    """Put the images of `archive`, as `docker save` writes it, into the engine."""
    check(*request(path, "POST", "/v1.41/images/load?quiet=1", archive, {"Content-Type": "application/x-tar"}))


def push(path: Path, name: str, username: str, password: str) -> None:
    """Push `name`, which holds the registry's address and a tag."""
    repository, _, tag = name.rpartition(":")
    login = json.dumps({"username": username, "password": password, "serveraddress": name.split("/")[0]})
    headers = {"X-Registry-Auth": base64.urlsafe_b64encode(login.encode()).decode()}
    check(*request(path, "POST", f"/v1.41/images/{quote(repository)}/push?tag={quote(tag)}", headers=headers))


def check(status: int, body: bytes) -> None:
    """Raise SandboxError for a refusal, and for an error in a stream of JSON lines, which comes with status 200."""
    lines = [json.loads(line) for line in body.splitlines() if line.startswith(b"{")]
    errors = [line["error"] for line in lines if "error" in line]
    if status >= 400 or errors:
        raise SandboxError(f"Docker refused: {'; '.join(errors) or body.decode(errors='replace').strip()}")
