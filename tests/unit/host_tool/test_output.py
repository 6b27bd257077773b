"""Whatever a container, a hook or Docker says: short lines of valid UTF-8 arrive."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.host_tool.output import LONGEST_LINE, READ_AT_ONCE, last_lines, lines_of, printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (b"plain\n", "plain"),
        (b"\xff\xfe broken \x80", " broken "),
        (b"\x1b[31mred\x1b[0m\r\n", "[31mred[0m"),
        (b"a\tb\0c", "a\tbc"),
        ("Grüße ✓".encode(), "Grüße ✓"),
        ("Grüße".encode("latin-1"), "Gre"),
        ("lone \ud800 surrogate", "lone  surrogate"),
        (b"", ""),
    ],
)
def test_only_printable_characters_are_shown(text: bytes | str, shown: str) -> None:
    assert printable(text) == shown


@pytest.mark.parametrize("character", ["a", "ü", "✓", "😀"])
def test_a_long_line_is_cut_between_characters(character: str) -> None:
    assert printable((character * 1000).encode()) == character * LONGEST_LINE
    assert printable(character * 1000) == character * LONGEST_LINE


@pytest.mark.parametrize("before", [0, 1, 2, 3])
def test_a_character_that_is_cut_at_the_limit_is_left_out(before: int) -> None:
    text = ("a" * before + "😀" * 400).encode()
    assert printable(text).strip("a😀") == ""


@settings(deadline=None)
@given(st.binary(max_size=3000))
def test_whatever_is_printed_is_short_lines_of_utf_8(output: bytes) -> None:
    lines = list(lines_of(io.BytesIO(output)))
    assert len(lines) == len(output.splitlines() if b"\r" not in output else io.BytesIO(output).readlines())
    for line in lines:
        assert len(line) <= LONGEST_LINE
        assert "\n" not in line
        assert line.encode().decode() == line


def test_an_endless_line_is_read_to_its_end_and_the_next_one_is_shown() -> None:
    output = io.BytesIO(b"a" * (3 * READ_AT_ONCE + 5) + b"\nnext\n" + b"b" * READ_AT_ONCE + b"\nlast")
    assert list(lines_of(output)) == ["a" * LONGEST_LINE, "next", "b" * LONGEST_LINE, "last"]


def test_an_endless_line_takes_no_endless_memory() -> None:
    sizes = set()

    class Stream(io.BytesIO):
        def readline(self, size: int | None = -1, /) -> bytes:
            sizes.add(size)
            return super().readline(size)

    assert list(lines_of(Stream(b"a" * 1_000_000))) == ["a" * LONGEST_LINE]
    assert sizes == {READ_AT_ONCE}


def test_the_last_lines_are_those_that_are_not_empty() -> None:
    assert last_lines("one\n\n  \ntwo\nthree\n\n", 2) == ["two", "three"]
    assert last_lines("", 5) == []
