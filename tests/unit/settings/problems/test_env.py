"""Problems of `env`."""

from pathlib import Path
from typing import Any

import pytest

from tests.unit.settings.loading import as_list, problems, role

PROBLEMS = [
    (
        {"env": {"secret": ["DB"]}},
        "env.secret[0]: the secret DB is not set; run pulumi config set --secret --path 'deploy:secrets.DB'",
    ),
    (
        role(env={"secret": ["S"]}),
        "servers.web.env.secret[0]: the secret S is not set; run pulumi config set --secret --path 'deploy:secrets.S'",
    ),
    ({"env": {"clear": {"A": 1}, "B": 2}}, "env: mixes clear and secret with variables; move B into clear"),
    ({"env": {"clear": {"A": "1"}, "secret": ["A"]}}, "env: has A in both clear and secret"),
    (
        {"env": {"KAMAL_X": "1"}},
        "env.clear.KAMAL_X: cannot be set: the deploy itself sets the variables that start with KAMAL_",
    ),
    (
        {"env": {"secret": ["KAMAL_X"]}},
        "env.secret[0]: cannot be set: the deploy itself sets the variables that start with KAMAL_",
    ),
    (
        {"env": {"A-B": "1"}},
        "env.clear.A-B: is not a valid name for a variable; use letters, digits and _, starting with a letter or _",
    ),
    ({"env": {"A": None}}, "env.clear.A: must be a string, not null"),
    ({"env": {"A": {"b": 1}}}, 'env.clear.A: must be a string, not {"b": 1}'),
    (
        {"env": {"A": "a\0b"}},
        "env.clear.A: must not contain a NUL character",
    ),
    ({"env": {"secret": {"A": "hunter2"}}}, "env.secret: must be a list of names of secrets"),
    ({"env": {"secret": ["A:X", "A:Y"]}}, "env.secret: contains A more than once"),
    (
        {"env": {"A": "http://${HOST_IP}:80", "B": "$HOME `id` $(id)"}},
        (
            "env.clear.A: has ${HOST_IP}, a variable of the host in Kamal; here values arrive as they "
            "are. Set the value itself (by host in env.tags), or, where the container needs these characters, store them as a secret "
            "(env.secret)"
        ),
    ),
    ({"env": 5}, "env: must be a mapping, not 5"),
]


@pytest.mark.parametrize(("settings", "expected"), PROBLEMS)
def test_a_problem_is_reported_by_path_and_message(
    tmp_path: Path, settings: dict[str, Any], expected: str | list[str]
) -> None:
    assert problems(tmp_path, **settings) == as_list(expected)
