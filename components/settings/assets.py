"""`asset_path`: the folders with assets that two versions serve for each other."""

import posixpath
import re
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, WithJsonSchema

from .values import format_value

OPTIONS = r"(ro|rw|z|Z)(,(ro|rw|z|Z))*"


def split_asset_path(value: str) -> tuple[str, str]:
    """Return the folder and the options of its mount: of /path:ro both parts."""
    path, _, options = value.partition(":")
    return path, options


def _coerce_list(value: Any) -> Any:
    """Turn one path into a list of it."""
    return (value,) if isinstance(value, str) else value


def _check_asset_path(value: str) -> str:
    path, options = split_asset_path(value)
    if not path.startswith("/") or path == "/" or posixpath.normpath(path) != path or "," in path:
        raise ValueError(
            f"must be the path of a folder in the image, such as /app/public/assets or /app/public/assets:ro, "
            f"not {format_value(value)}"
        )
    if ":" in value and not re.fullmatch(OPTIONS, options):
        raise ValueError(f"has options that are none of ro, rw, z and Z: {format_value(options)}")
    return value


AssetPath = Annotated[
    tuple[Annotated[str, AfterValidator(_check_asset_path)], ...],
    BeforeValidator(_coerce_list),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]
