"""The scalar types of the settings, and how values are read and shown."""

import json
import re
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema


def format_value(value: Any) -> str:
    """Return a value as JSON for an error message, shortened to 60 characters."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else text[:59] + "…"


def coerce_str(value: Any) -> Any:
    """Turn a boolean or a number into a string, as YAML reads `true`, `8080` and `1.5` without quotes as such."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else value


def coerce_bool(value: Any) -> Any:
    """Turn "true" and "false" into booleans, as `pulumi config set` stores them as strings."""
    return {"true": True, "false": False}.get(value, value) if isinstance(value, str) else value


def _coerce_int(value: Any) -> Any:
    """Turn digits into an integer, as `pulumi config set` stores them as a string."""
    return int(value) if isinstance(value, str) and re.fullmatch(r"[0-9]{1,9}", value) else value


def refuse_nul(value: str) -> str:
    """Return the string unless it contains a NUL character."""
    if "\0" in value:
        raise ValueError("must not contain a NUL character")
    return value


def _int_schema(minimum: int, maximum: int | None = None) -> WithJsonSchema:
    limits = {"minimum": minimum} if maximum is None else {"minimum": minimum, "maximum": maximum}
    return WithJsonSchema({"anyOf": [{"type": "integer", **limits}, {"type": "string", "pattern": "^[0-9]{1,9}$"}]})


STR_SCHEMA: dict[str, Any] = {"type": ["string", "number", "boolean"]}

Str = Annotated[str, BeforeValidator(coerce_str), AfterValidator(refuse_nul), WithJsonSchema(STR_SCHEMA)]
Bool = Annotated[
    bool, BeforeValidator(coerce_bool), Field(strict=True), WithJsonSchema({"enum": [True, False, "true", "false"]})
]
Port = Annotated[int, BeforeValidator(_coerce_int), Field(strict=True, ge=1, le=65535), _int_schema(1, 65535)]
PositiveInt = Annotated[int, BeforeValidator(_coerce_int), Field(strict=True, ge=1), _int_schema(1)]
NonNegativeInt = Annotated[int, BeforeValidator(_coerce_int), Field(strict=True, ge=0), _int_schema(0)]
Seconds = Annotated[int, BeforeValidator(_coerce_int), Field(strict=True, ge=0, le=86400), _int_schema(0, 86400)]
PositiveSeconds = Annotated[
    int, BeforeValidator(_coerce_int), Field(strict=True, ge=1, le=86400), _int_schema(1, 86400)
]
