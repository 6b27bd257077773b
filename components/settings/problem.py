"""Problems of the settings: a path and a message each."""

import difflib
import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple, get_args

from pydantic import BaseModel, ValidationError

from ..errors import SettingsError
from .kamal_keys import KAMAL_KEY_HINTS
from .values import format_value

# What is expected, by Pydantic's type of error.
TYPE_NAMES = {
    "string_type": "a string",
    "string_unicode": "a string",
    "int_type": "an integer",
    "int_from_float": "an integer",
    "bool_type": "true or false",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "list_type": "a list",
    "tuple_type": "a list",
}


class Problem(NamedTuple):
    """Something in the settings that is not valid."""

    path: str
    message: str

    @property
    def key(self) -> str:
        """The top-level key that the problem is in."""
        return re.split(r"[.\[ ]", self.path, maxsplit=1)[0]

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"


def report(problems: Collection[Problem]) -> SettingsError:
    """Return an error that lists all problems, one on a line, sorted."""
    lines = sorted({str(problem) for problem in problems})
    return SettingsError("The settings are not valid:\n" + "\n".join(f"  {line}" for line in lines))


def problems_of(error: ValidationError, model: type[BaseModel]) -> list[Problem]:
    """Return what is wrong according to Pydantic's validation of a model, in plain words."""
    return [_problem(details, model) for details in error.errors(include_url=False)]


def _problem(details: Mapping[str, Any], model: type[BaseModel]) -> Problem:
    location, kind, context = details["loc"], details["type"], details.get("ctx", {})
    path, found = _path(location), format_value(details.get("input"))
    if location[:1] == ("secrets",) and kind != "value_error":
        # What is found may be a secret, so the message does not show it.
        return Problem(path, "must be a mapping of names to strings")
    match kind:
        case "extra_forbidden":
            return Problem(path, _unknown_key(path, str(location[-1]), _known_keys(model, location[:-1])))
        case "missing":
            return Problem(path, "is required")
        case "value_error":
            return Problem(path, str(context["error"]))
        case "literal_error" | "enum":
            return Problem(path, f"must be {str(context['expected']).replace(chr(39), '')}, not {found}")
        case "greater_than_equal":
            return Problem(path, f"must be at least {context['ge']}, not {found}")
        case "less_than_equal":
            return Problem(path, f"must be at most {context['le']}, not {found}")
        case "too_short":
            return Problem(path, "must not be empty")
        case _ if kind in TYPE_NAMES:
            return Problem(path, f"must be {TYPE_NAMES[kind]}, not {found}")
        case _:
            return Problem(path, f"{found} is not valid")


def _path(location: Iterable[str | int]) -> str:
    path = ""
    for step in location:
        # Pydantic puts "[key]" behind a key that is itself not valid.
        if step == "[key]":
            continue
        if isinstance(step, int):
            path += f"[{step}]"
        else:
            path += f".{step}" if path else step
    return path


def _known_keys(model: type[BaseModel], location: Iterable[str | int]) -> list[str]:
    """Return the keys of the section at a location in a model."""
    section = model
    for step in location:
        field = section.model_fields.get(str(step))
        if field is not None:
            section = next(iter(_models(field.annotation)), section)
    return [field.alias or name for name, field in section.model_fields.items()]


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models(part)]


def _unknown_key(path: str, key: str, known: list[str]) -> str:
    # The proxy and env of a role or an accessory have the keys of the app's.
    app_path = re.sub(r"^(servers|accessories)\.[^.]+\.(?=proxy\.|env\.)", "", path)
    role_path = re.sub(r"^servers\.[^.]+\.", "servers.ROLE.", path)
    accessory_path = re.sub(r"^accessories\.[^.]+\.", "accessories.NAME.", path)
    for candidate in (app_path, role_path, accessory_path):
        if candidate in KAMAL_KEY_HINTS:
            return KAMAL_KEY_HINTS[candidate]
    near = difflib.get_close_matches(key, known, n=1)
    return f"is not a known key; did you mean {near[0]}?" if near else f"is not a known key; use {', '.join(known)}"
