"""Problems of `release_task`."""

from pathlib import Path
from typing import Any

import pytest

from tests.unit.settings.loading import as_list, problems

PROBLEMS = [
    ({"release_task": {"role": "web"}}, "release_task.cmd: is required"),
    ({"release_task": {"cmd": ""}}, "release_task.cmd: must not be empty"),
    ({"release_task": {"cmd": "x", "role": "job"}}, 'release_task.role: "job" is not one of the roles: web'),
]


@pytest.mark.parametrize(("settings", "expected"), PROBLEMS)
def test_a_problem_is_reported_by_path_and_message(
    tmp_path: Path, settings: dict[str, Any], expected: str | list[str]
) -> None:
    assert problems(tmp_path, **settings) == as_list(expected)
