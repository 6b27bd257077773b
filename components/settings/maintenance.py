"""`maintenance`: whether requests are answered with an error page, and its message."""

from typing import Annotated, Any

from pydantic import PlainValidator, WithJsonSchema

from .values import coerce_bool, format_value, refuse_nul


def _validate_maintenance(value: Any) -> bool | str:
    value = coerce_bool(value)
    if isinstance(value, bool):
        return value
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"must be true, false or a message, not {format_value(value)}")
    return refuse_nul(value)


Maintenance = Annotated[
    bool | str,
    PlainValidator(_validate_maintenance),
    WithJsonSchema({"anyOf": [{"type": "boolean"}, {"type": "string", "minLength": 1}]}),
]
