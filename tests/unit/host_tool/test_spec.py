"""The spec format: what Python writes, sh reads, and the other way round."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import components.host_tool
from components.host_tool.spec import parse_spec, spec_text, spec_value

SPEC_SH = (Path(components.host_tool.__file__).parent / "spec.sh").read_text()

# Reads a spec line by line, as the verbs do, and prints key and value, each ended by a NUL.
READER = f"""
set -eu
fail() {{ echo "$*" >&2; exit 1; }}
{SPEC_SH}
while IFS= read -r line; do
  take_line "$line"
  printf '%s\\0%s\\0' "$spec_key" "$spec_value"
done
"""

# Reads a value as one argument and prints it as the tool prints values.
PRINTER = f"""
set -eu
{SPEC_SH}
print_spec value "$1"
"""

# Anything that a container's environment can hold.
VALUES = st.text(st.characters(exclude_characters="\0", codec="utf-8"))
KEYS = st.from_regex(r"[A-Za-z_][A-Za-z0-9_./-]{0,30}", fullmatch=True)


@given(st.dictionaries(KEYS, VALUES, max_size=5))
def test_parsing_gives_back_what_was_written(items: dict[str, str]) -> None:
    assert parse_spec(spec_text(items)) == items


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(KEYS, VALUES, min_size=1, max_size=20))
def test_sh_reads_every_value_byte_for_byte(items: dict[str, str]) -> None:
    done = subprocess.run(["sh", "-c", READER], input=spec_text(items).encode(), capture_output=True, check=True)
    words = done.stdout.decode().split("\0")[:-1]
    assert dict(zip(words[::2], words[1::2], strict=True)) == items


@settings(max_examples=60, deadline=None)
@given(VALUES)
def test_what_sh_prints_is_read_back_byte_for_byte(value: str) -> None:
    done = subprocess.run(["sh", "-c", PRINTER, "sh", value], capture_output=True, check=True)
    assert parse_spec(done.stdout.decode()) == {"value": value}


@pytest.mark.parametrize("value", ["", "plain", "$(id) `id` 'quoted' # : - !", "Grüße ✓", "  blanks  "])
def test_a_printable_value_stays_readable(value: str) -> None:
    assert spec_value(value) == f'"{value}"'


@pytest.mark.parametrize("value", ['"', "\\", "\n", "a\tb", "\x7f", "\u2028"])
def test_a_value_that_quotes_cannot_hold_is_encoded(value: str) -> None:
    assert spec_value(value).startswith("!!binary ")


def test_the_order_is_the_callers() -> None:
    assert spec_text({"b": "1", "a": "2"}) == 'b: "1"\na: "2"\n'


@given(VALUES)
def test_a_value_never_becomes_another_line(value: str) -> None:
    assert spec_text({"key": value}).count("\n") == 1


@pytest.mark.parametrize("key", ["", " ", "a b", "a\nb", "a: b", ":", "a:"])
def test_a_key_that_is_none_is_refused_by_name(key: str) -> None:
    with pytest.raises(ValueError, match="not a key"):
        spec_text({key: "1"})


def test_a_nul_is_refused_and_its_key_named_but_not_its_value() -> None:
    with pytest.raises(ValueError, match=r"TOKEN: .*NUL") as caught:
        spec_text({"TOKEN": "hunter2\0"})
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("line", ["no colon", 'key: "open', "key: bare", "key: !!binary ?", 'a b: "1"'])
def test_a_line_that_is_none_of_a_spec_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match="not a line of a spec"):
        parse_spec(f'good: "1"\n{line}\n')
