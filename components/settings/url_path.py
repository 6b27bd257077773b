"""Paths of requests, as far as kamal-proxy can use them."""

import re
from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator

from .values import format_value

# Patterns of what a path must not contain, and why. They hold for kamal-proxy v0.9.2.
HEALTHCHECK_LIMITS = {
    r"[?#]": "must not contain ? or #: kamal-proxy would request them as %3F and %23, as part of the path",
    r"%(?![0-9A-Fa-f]{2})": "must have two hexadecimal digits after each %: kamal-proxy would request / in its place",
}
PREFIX_LIMITS = {
    r"[?#%]": "must not contain ?, # or %: kamal-proxy compares it with the decoded path of a request, without the query",
    r'[,"]': 'must not contain , or ": kamal-proxy would read it as a list of prefixes',
}


def _check_path(value: str) -> str:
    if not re.fullmatch(r"/[!-~]*", value):
        raise ValueError(f"must start with / and contain no spaces, not {format_value(value)}")
    return value


def _check_healthcheck_path(value: str) -> str:
    _check_limits(value, HEALTHCHECK_LIMITS)
    return value


def _normalize_prefix(value: str) -> str:
    _check_limits(value, PREFIX_LIMITS)
    # kamal-proxy does the same.
    return "/" + value.strip("/")


def _check_limits(value: str, limits: Mapping[str, str]) -> None:
    for pattern, limit in limits.items():
        if re.search(pattern, value):
            raise ValueError(f"{format_value(value)} {limit}")


HealthcheckPath = Annotated[str, AfterValidator(_check_path), AfterValidator(_check_healthcheck_path)]
PathPrefix = Annotated[str, AfterValidator(_check_path), AfterValidator(_normalize_prefix)]
