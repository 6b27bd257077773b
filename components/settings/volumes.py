"""`volumes`: what is mounted in the containers."""

import re
from typing import Annotated

from pydantic import AfterValidator

from .values import Str, format_value

NAME = r"[A-Za-z0-9][A-Za-z0-9_.-]+"


def _check_volume(value: str) -> str:
    source, target = split_volume(value)
    if value.count(":") > 2 or not target.startswith("/"):
        raise ValueError(
            f"must look like NAME:/path, /path/on/the/host:/path or one of these with :ro, not {format_value(value)}"
        )
    if source and not source.startswith("/") and not re.fullmatch(NAME, source):
        raise ValueError(
            f"{format_value(source)} must be the name of a volume, or a path on the host that starts with /"
        )
    return value


def split_volume(value: str) -> tuple[str, str]:
    """Return what a volume mounts and where in the container: of NAME:/path:ro the name and the path.

    An anonymous volume has no name.
    """
    parts = value.split(":")
    return (parts[0], parts[1]) if len(parts) > 1 else ("", value)


Volume = Annotated[Str, AfterValidator(_check_volume)]
