"""A container's environment: nothing is lost, byte for byte, and nothing secret becomes an argument."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.host_tool.docker.environment import LONGEST_FILE_LINE, LONGEST_VARIABLE, split_environment
from components.host_tool.docker.run_words import container_words
from components.host_tool.errors import StepError

from .fake_host import CONTAINER

NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True).map(lambda name: f"APP_{name}")
VALUES = st.text(st.characters(exclude_characters="\0", codec="utf-8"))


@settings(deadline=None)
@given(st.dictionaries(NAMES, VALUES, max_size=6))
def test_nothing_is_lost_byte_for_byte(variables: dict[str, str]) -> None:
    environment = split_environment(variables)
    # As Docker reads the file: a line a variable, ended by a newline; a carriage return before it is dropped.
    lines = environment.file.encode().split(b"\n")[:-1]
    read = dict(line.removesuffix(b"\r").decode().split("=", 1) for line in lines)
    assert {**read, **environment.exported} == variables


@settings(deadline=None)
@given(st.dictionaries(NAMES, VALUES.map("hunter2{}".format), max_size=3))
def test_no_value_is_among_the_words_of_docker(variables: dict[str, str]) -> None:
    words = container_words(CONTAINER, "0123456789abcdef", "image", split_environment(variables))
    assert not any("hunter2" in word for word in words)


@pytest.mark.parametrize(
    "value", ["", "plain", "$HOME `id` 'q' \"d\" \\ # = !", "  blanks  ", "Grüße ✓", "\t", "\u2028", "\x85", "a=b"]
)
def test_a_value_of_one_line_goes_into_the_file_as_it_is(value: str) -> None:
    environment = split_environment({"A": value})
    assert (environment.file, environment.exported) == (f"A={value}\n", {})


@pytest.mark.parametrize(
    "value", ["a\nb", "\n", "a\r", "a\r\nb", "a" * LONGEST_FILE_LINE, "ü" * (LONGEST_FILE_LINE // 2)]
)
def test_a_value_that_a_line_cannot_hold_is_exported(value: str) -> None:
    environment = split_environment({"A": value, "B": "1"})
    assert (environment.file, environment.exported) == ("B=1\n", {"A": value})


@pytest.mark.parametrize("name", ["PATH", "HOME", "http_proxy", "NO_PROXY", "DOCKER_HOST", "LD_PRELOAD", "GODEBUG"])
def test_a_variable_that_the_docker_client_reads_itself_is_not_exported(name: str) -> None:
    assert split_environment({name: "1"}).file == f"{name}=1\n"
    with pytest.raises(StepError, match=f"{name} has a value of several lines") as caught:
        split_environment({name: "hunter2\n"})
    assert "hunter2" not in str(caught.value)


def test_a_value_that_no_process_can_be_given_is_refused() -> None:
    with pytest.raises(StepError, match="A has more than 128 KB"):
        split_environment({"A": "a" * LONGEST_VARIABLE})


@pytest.mark.parametrize("name", ["", "1A", "A B", "A=B", "A\n", "-A", "Ä"])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(StepError, match="has no valid name"):
        split_environment({name: "1"})
