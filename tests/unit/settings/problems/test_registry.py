"""Problems of `registry`."""

from pathlib import Path
from typing import Any

import pytest

from tests.unit.settings.loading import IN_CLEAR, as_list, problems

PROBLEMS = [
    *(
        (
            {"registry": {"server": server}},
            f'registry.server: must be a host name with or without a port (ghcr.io, 10.0.0.5:5000), not "{server}"',
        )
        for server in ("https://ghcr.io", "ghcr.io:99999")
    ),
    ({"registry": {"username": "u"}}, "registry: needs both username and password, or neither of them"),
    ({"registry": {"username": "u", "password": "hunter2"}}, f"registry.password: {IN_CLEAR}"),
    (
        {"registry": {"username": "u", "password": ["A", "B"]}},
        "registry.password: must be a list with the name of one secret: [NAME]",
    ),
    (
        {"registry": {"username": ["A", "B"]}},
        'registry.username: must be a string, or a list with the name of one secret, not ["A", "B"]',
    ),
    (
        {"registry": {"username": ["USER"], "password": ["PASS"]}},
        [
            (
                "registry.password[0]: the secret PASS is not set; run pulumi config set --secret --path 'deploy:secrets.PASS'"
            ),
            (
                "registry.username[0]: the secret USER is not set; run pulumi config set --secret --path 'deploy:secrets.USER'"
            ),
        ],
    ),
]


@pytest.mark.parametrize(("settings", "expected"), PROBLEMS)
def test_a_problem_is_reported_by_path_and_message(
    tmp_path: Path, settings: dict[str, Any], expected: str | list[str]
) -> None:
    assert problems(tmp_path, **settings) == as_list(expected)
