"""docs/kamal-scenarios.md names tests that exist, for each of Kamal's scenarios."""

import re

import pytest

from components.settings.reference import PROJECT

PAGE = (PROJECT / "docs" / "kamal-scenarios.md").read_text()
NAMED = sorted(set(re.findall(r"`(tests/[^`]+)`", PAGE)))
ROWS = re.findall(r"^\| (\d+) \| ([^|]+) \| (.+) \|$", PAGE, flags=re.MULTILINE)


def test_the_page_has_all_scenarios_each_with_a_test_or_a_reason_why_not() -> None:
    assert [int(number) for number, _, _ in ROWS] == list(range(1, 22))
    assert not [number for number, _, here in ROWS if "::test_" not in here]


@pytest.mark.parametrize("name", NAMED)
def test_a_named_test_exists(name: str) -> None:
    file, _, function = name.partition("::")
    assert re.search(rf"^def {function}\(", (PROJECT / file).read_text(), flags=re.MULTILINE)
