"""The one question that a deploy asks a registry: which digest a tag has.

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

from ..settings import RegistryLogin

TIMEOUT = 10
"""Seconds that one answer may take."""

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
    host, repository = _docker_hub(server, repository)
    # As the docker provider does after a push; it takes no registry without TLS either.
    url = f"https://{host}/v2/{repository}/manifests/{tag}"
    try:
        headers = _manifest_headers(url, _basic(login) if login else None, login)
    except urllib.error.HTTPError as error:
        raise RegistryError(_refusal(error.code, server, login)) from None
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise RegistryError(f"the registry {server} does not answer ({getattr(error, 'reason', error)})") from None
    digest = headers.get("Docker-Content-Digest")
    if not digest:
        raise RegistryError(f"the registry {server} gave no digest")
    return digest


def _docker_hub(server: str, repository: str) -> tuple[str, str]:
    """Return where Docker Hub's API is, and its repository's full name; other registries are what they are called."""
    if server not in ("docker.io", "index.docker.io"):
        return server, repository
    return "registry-1.docker.io", repository if "/" in repository else f"library/{repository}"


def _manifest_headers(url: str, authorization: str | None, login: RegistryLogin | None) -> dict[str, str]:
    """Ask for the manifest's headers; where the registry wants a token, get one and ask again."""
    try:
        return _headers(url, authorization)
    except urllib.error.HTTPError as error:
        challenge = error.headers.get("WWW-Authenticate", "")
        if error.code != 401 or not challenge.lower().startswith("bearer "):
            raise
        return _headers(url, f"Bearer {_token(challenge, login)}")


def _headers(url: str, authorization: str | None) -> dict[str, str]:
    request = urllib.request.Request(url, method="HEAD", headers={"Accept": ", ".join(MANIFEST_TYPES)})
    if authorization:
        # Not sent along with a redirect to another host.
        request.add_unredirected_header("Authorization", authorization)
    with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
        return dict(answer.headers)


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
