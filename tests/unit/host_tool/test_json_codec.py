"""What the deployer writes the host reads, and the other way round."""

import json
from dataclasses import dataclass, is_dataclass
from types import NoneType
from typing import Any, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.host_tool import result, spec
from components.host_tool.json_codec import from_json, to_json
from components.host_tool.records import records

CLASSES = [
    kind
    for module in (spec, result, records)
    for kind in vars(module).values()
    if is_dataclass(kind) and isinstance(kind, type) and kind.__module__ == module.__name__
]


def test_there_are_classes_of_all_three_kinds() -> None:
    assert {spec.SwitchSpec, result.Running, records.RoleRecord} < set(CLASSES)


def values(kind: Any) -> st.SearchStrategy[Any]:
    """Values of a field's type. Collections are short: a host's facts, which nest deep, would take seconds otherwise."""
    origin, arguments = get_origin(kind), get_args(kind)
    if is_dataclass(kind) and isinstance(kind, type):
        return st.builds(kind, **{name: values(hint) for name, hint in get_type_hints(kind).items()})
    if NoneType in arguments:
        return st.none() | values(arguments[0])
    if origin is tuple:
        return st.lists(values(arguments[0]), max_size=2).map(tuple)
    if origin is dict:
        return st.dictionaries(values(arguments[0]), values(arguments[1]), max_size=2)
    return st.text(max_size=5) if kind is str else st.from_type(kind)


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_every_object_is_read_as_it_was_written(kind: type[Any], data: st.DataObject) -> None:
    value = data.draw(values(kind))
    text = to_json(value)
    assert text.isascii()
    assert "\n" not in text
    assert from_json(kind, text) == value


@dataclass(frozen=True)
class Part:
    words: tuple[str, ...]


@dataclass(frozen=True)
class Whole:
    number: int
    flag: bool = False
    part: Part | None = None


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ({}, "Whole lacks number"),
        ({"number": "1"}, "Whole.number is not of type int"),
        ({"number": True}, "Whole.number is not of type int"),
        ({"number": None}, "Whole.number is not of type int"),
        ({"number": 1, "flag": 1}, "Whole.flag is not of type bool"),
        ([], "Whole is not of type dict"),
    ],
)
def test_a_text_of_another_form_is_refused_by_the_name_of_the_field(data: object, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        from_json(Whole, json.dumps(data))


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ({"number": 1, "words": "a"}, "words is not of type list"),
        ({"number": 1, "words": [1]}, "words is not of type str"),
        ({}, "Part lacks words"),
    ],
)
def test_a_part_of_another_form_is_refused(data: object, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        from_json(Part, json.dumps(data))


def test_what_a_newer_tool_has_added_is_ignored() -> None:
    assert from_json(Whole, '{"number": 1, "newer": {"a": 1}}') == Whole(1)


def test_a_field_that_is_none_is_left_out() -> None:
    assert to_json(Whole(1)) == '{"number": 1, "flag": false}'
