"""The form in which the host tool is told things, and tells them: YAML that sh can read.

One `key: "value"` a line, or `key: !!binary BASE64` where quotes could not hold the value as it is.
"""

import base64
import re
from collections.abc import Mapping

# What ends a key, in YAML as in the host tool's sh.
_KEY = re.compile(r"[^\s:](?:[^\s]*[^\s:])?")

# At least the key, then a value in one of the two forms.
_LINE = re.compile(r'(?P<key>\S+): (?:"(?P<text>[^"\\]*)"|!!binary (?P<binary>[A-Za-z0-9+/=]*))')


def spec_text(items: Mapping[str, str]) -> str:
    """`items` as a spec, a line each, in their order.

    :raises ValueError: naming the key, if it has blanks or is empty, or if its value holds a NUL character.
    """
    return "".join(f"{_checked_key(key)}: {_value_of(key, value)}\n" for key, value in items.items())


def spec_value(value: str) -> str:
    """One value: in quotes if they can hold it byte for byte, else in base64.

    :raises ValueError: if it holds a NUL character, which no environment and no argument can.
    """
    if "\0" in value:
        raise ValueError("a value holds a NUL character")
    if value.isprintable() and '"' not in value and "\\" not in value:
        return f'"{value}"'
    return f"!!binary {base64.b64encode(value.encode()).decode()}"


def parse_spec(text: str) -> dict[str, str]:
    """The items of a spec, such as the host tool prints it. Empty lines are passed over.

    :raises ValueError: with the line that is none of a spec.
    """
    return dict(_parsed_line(line) for line in text.split("\n") if line.strip())


def _parsed_line(line: str) -> tuple[str, str]:
    match = _LINE.fullmatch(line)
    if not match:
        raise ValueError(f"not a line of a spec: {line!r}")
    if match["binary"] is not None:
        return match["key"], base64.b64decode(match["binary"], validate=True).decode()
    return match["key"], match["text"]


def _checked_key(key: str) -> str:
    if not _KEY.fullmatch(key):
        raise ValueError(f"not a key of a spec: {key!r}")
    return key


def _value_of(key: str, value: str) -> str:
    try:
        return spec_value(value)
    except ValueError as error:
        raise ValueError(f"{key}: {error}") from error
