"""Words stay words, whatever is in them, and a secret is never in clear."""

import subprocess
from collections.abc import Callable
from typing import Any

import pulumi
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.command import pulumi_secret, shell_line, step_input
from components.host_tool.spec import RegistryLoginSpec
from components.secret import Secret
from tests.unit.graph import PROJECT

WORDS = st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), min_size=1, max_size=4)


def resolved(make: Callable[[], pulumi.Input[str]]) -> tuple[str, bool]:
    """What an input turns out to be, and whether it is secret."""
    found: list[Any] = []

    @pulumi.runtime.test  # type: ignore[untyped-decorator]
    def run() -> pulumi.Output[None]:
        value = pulumi.Output.from_input(make())
        pulumi.Output.from_input(value.is_secret()).apply(found.append)  # type: ignore[arg-type]
        return value.apply(found.append)

    run()
    text = next(each for each in found if isinstance(each, str))
    return text, True in found


@settings(max_examples=200, deadline=None)
@given(WORDS, st.booleans())
def test_every_word_survives_a_shell_known_now_or_later(words: list[str], later: bool) -> None:
    arguments = [pulumi.Output.from_input(word) if later else word for word in words]
    line, _ = resolved(lambda: shell_line(["printf", "%s\\0", *arguments]))
    done = subprocess.run(["sh", "-c", line], capture_output=True, check=True, timeout=10)
    assert done.stdout.decode() == "".join(f"{word}\0" for word in words)


def test_what_is_known_is_not_waited_for() -> None:
    assert shell_line(["a b", "c"]) == "'a b' c"


@pytest.mark.parametrize("later", [False, True])
@pytest.mark.parametrize("secret", [False, True])
def test_what_a_step_reads_is_json_and_secret_as_a_whole(later: bool, secret: bool) -> None:
    def make() -> pulumi.Output[str]:
        login = RegistryLoginSpec(server="s", username="u", password="p")
        return step_input(pulumi.Output.from_input(login) if later else login, secret=secret)

    assert resolved(make) == ('{"server": "s", "username": "u", "password": "p"}', secret)


def test_a_secret_becomes_a_pulumi_secret_and_other_values_stay_as_they_are() -> None:
    assert resolved(lambda: pulumi_secret(Secret("s"))) == ("s", True)
    assert pulumi_secret("clear") == "clear"


def test_no_other_file_imports_pulumi_command() -> None:
    """Nothing can go around the quoting, the host keys and the limits of the seam."""
    files = (PROJECT / "components").rglob("*.py")
    assert [file.name for file in files if "pulumi_command" in file.read_text()] == ["command.py"]
