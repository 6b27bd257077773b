"""Dataclasses as JSON, and back."""

from __future__ import annotations

import dataclasses
import json
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")


def to_json(value: object) -> str:
    """Return a dataclass as one line of JSON. A field that is None is left out."""
    return json.dumps(to_fields(value))


def to_fields(value: Any) -> dict[str, Any]:
    """Return a dataclass as a mapping, and all that it holds. A field that is None is left out."""
    fields: dict[str, Any] = _without_none(dataclasses.asdict(value))
    return fields


def from_json(kind: type[T], text: str) -> T:
    """Return the dataclass that a JSON text describes.

    Fields that `kind` does not have are ignored: a newer host tool may have written them.

    Raises:
        ValueError: The text is not JSON, or a field is missing or of another type.
    """
    value: T = _decode(kind, json.loads(text), kind.__name__)
    return value


def _decode(kind: Any, data: Any, path: str) -> Any:
    if dataclasses.is_dataclass(kind):
        return _decode_dataclass(kind, _checked(dict, data, path), path)
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Union:
        return None if data is None else _decode(arguments[0], data, path)
    if origin is tuple:
        return tuple(_decode(arguments[0], item, path) for item in _checked(list, data, path))
    if origin is dict:
        return {key: _decode(arguments[1], item, f"{path}.{key}") for key, item in _checked(dict, data, path).items()}
    return _checked(kind, data, path)


def _decode_dataclass(kind: Any, data: dict[str, Any], path: str) -> Any:
    hints = get_type_hints(kind)
    missing = [
        field.name
        for field in dataclasses.fields(kind)
        if field.name not in data
        and field.default is dataclasses.MISSING
        and field.default_factory is dataclasses.MISSING
    ]
    if missing:
        raise ValueError(f"{path} lacks {', '.join(missing)}")
    return kind(**{name: _decode(hints[name], data[name], f"{path}.{name}") for name in hints if name in data})


def _checked(kind: Any, data: Any, path: str) -> Any:
    # A bool is an int to Python.
    if not isinstance(data, kind) or (isinstance(data, bool) and kind is not bool):
        raise ValueError(f"{path} is not of type {kind.__name__}")
    return data


def _without_none(data: Any) -> Any:
    if isinstance(data, dict):
        return {key: _without_none(item) for key, item in data.items() if item is not None}
    return data
