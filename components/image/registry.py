"""What a deploy asks a registry: which digest a tag has, and which labels its image has.

From the OCI distribution specification 1.1 ("Pulling manifests", "Checking if content exists in the registry") and the
token authentication of the Docker Registry HTTP API V2, which registries such as ghcr.io and Docker Hub use.
"""

import base64
import http.client
import json
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..settings import RegistryLogin

TIMEOUT = 10
"""Seconds that one answer may take."""

MOST_BYTES = 4 * 2**20
"""How much of an answer is read: registries take no larger manifests."""

DIGEST_HEADER = "Docker-Content-Digest"

MANIFEST_TYPES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)


class RegistryError(Exception):
    """The digest cannot be had; the text says why, without a full stop."""


def image_digest(server: str, repository: str, tag: str, login: RegistryLogin | None) -> str:
    """Return the digest of a tag.

    Args:
        server: The registry's host name, with its port if it has one.
        repository: The repository, without the server.
        tag: The tag.
        login: User and password; None where nobody logs in.

    Raises:
        RegistryError: The registry does not have the tag, refuses the login, or does not answer.
    """
    digest = _Repository(server, repository, login).ask(f"manifests/{tag}", method="HEAD").headers.get(DIGEST_HEADER)
    if not digest:
        raise RegistryError(f"the registry {server} gave no digest")
    return str(digest)


def image_labels(server: str, repository: str, tag: str, login: RegistryLogin | None) -> dict[str, str]:
    """Return the labels of the image that a tag names; of an image for several platforms, those of the first.

    Args:
        server: The registry's host name, with its port if it has one.
        repository: The repository, without the server.
        tag: The tag.
        login: User and password; None where nobody logs in.

    Raises:
        RegistryError: The registry does not have the tag, refuses the login, does not answer, or has no image there.
    """
    asked = _Repository(server, repository, login)
    try:
        manifest = asked.ask(f"manifests/{tag}").json()
        if "manifests" in manifest:
            manifest = asked.ask(f"manifests/{manifest['manifests'][0]['digest']}").json()
        config = asked.ask(f"blobs/{manifest['config']['digest']}").json()
        return dict((config.get("config") or {}).get("Labels") or {})
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise RegistryError(f"the registry {server} answers with what is no image ({error})") from None


@dataclass(frozen=True)
class _Answer:
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> dict[str, Any]:
        return dict(json.loads(self.body))


class _Repository:
    """A repository of a registry, asked with a password or with the token that it gives."""

    def __init__(self, server: str, repository: str, login: RegistryLogin | None) -> None:
        self._server, self._login = server, login
        host, repository = _docker_hub(server, repository)
        # As the docker provider does after a push; it takes no registry without TLS either.
        self._url = f"https://{host}/v2/{repository}"
        self._authorization = _basic(login) if login else None

    def ask(self, path: str, method: str = "GET") -> _Answer:
        """Return what the registry has there.

        Raises:
            RegistryError: It does not have it, refuses the login, or does not answer.
        """
        try:
            return self._ask(f"{self._url}/{path}", method)
        except urllib.error.HTTPError as error:
            raise RegistryError(_refusal(error.code, self._server, self._login)) from None
        except (OSError, ValueError, http.client.HTTPException) as error:
            reason = getattr(error, "reason", error)
            raise RegistryError(f"the registry {self._server} does not answer ({reason})") from None

    def _ask(self, url: str, method: str) -> _Answer:
        """Ask; where the registry wants a token, get one and ask again."""
        try:
            return _request(url, method, self._authorization)
        except urllib.error.HTTPError as error:
            challenge = error.headers.get("WWW-Authenticate", "")
            if error.code != 401 or not challenge.lower().startswith("bearer "):
                raise
            self._authorization = f"Bearer {_token(challenge, self._login)}"
            return _request(url, method, self._authorization)


def _docker_hub(server: str, repository: str) -> tuple[str, str]:
    """Return where Docker Hub's API is, and its repository's full name; other registries are what they are called."""
    if server not in ("docker.io", "index.docker.io"):
        return server, repository
    return "registry-1.docker.io", repository if "/" in repository else f"library/{repository}"


def _request(url: str, method: str, authorization: str | None) -> _Answer:
    request = urllib.request.Request(url, method=method, headers={"Accept": ", ".join(MANIFEST_TYPES)})
    if authorization:
        # Not sent along with a redirect to another host.
        request.add_unredirected_header("Authorization", authorization)
    with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
        return _Answer(answer.headers, answer.read(MOST_BYTES))


def _token(challenge: str, login: RegistryLogin | None) -> str:
    """Return a token for what a challenge asks for: `Bearer realm="https://…",service="…",scope="…"`."""
    fields = dict(re.findall(r'(\w+)="([^"]*)"', challenge))
    if not fields.get("realm", "").startswith("https://"):
        raise ValueError("it gave no address for a token")
    query = urllib.parse.urlencode({key: fields[key] for key in ("service", "scope") if key in fields})
    request = urllib.request.Request(f"{fields['realm']}?{query}")
    if login:
        request.add_unredirected_header("Authorization", _basic(login))
    with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
        body = json.load(answer)
    return str(body.get("token") or body.get("access_token") or "")


def _basic(login: RegistryLogin) -> str:
    pair = f"{login.username.reveal()}:{login.password.reveal()}"
    return f"Basic {base64.b64encode(pair.encode()).decode()}"


def _refusal(status: int, server: str, login: RegistryLogin | None) -> str:
    if status in (401, 403):
        remedy = "check registry.username and registry.password" if login else "set registry.username and .password"
        return f"the registry {server} refuses the login (HTTP {status}): {remedy}"
    if status == 404:
        return f"the registry {server} does not have it"
    return f"the registry {server} answers with HTTP {status}"
