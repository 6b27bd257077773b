"""Problems of `boot`."""

from pathlib import Path
from typing import Any

import pytest

from tests.unit.settings.loading import as_list, problems

PROBLEMS = [
    *(
        (
            {"boot": {"limit": limit}},
            f'boot.limit: must be a number of hosts (1 or more) or a percentage such as "25%", not {found}',
        )
        for limit, found in ((0, "0"), ("0%", '"0%"'), (True, "true"))
    ),
]


@pytest.mark.parametrize(("settings", "expected"), PROBLEMS)
def test_a_problem_is_reported_by_path_and_message(
    tmp_path: Path, settings: dict[str, Any], expected: str | list[str]
) -> None:
    assert problems(tmp_path, **settings) == as_list(expected)
