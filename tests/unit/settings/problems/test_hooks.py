"""Problems of `hooks`."""

from pathlib import Path
from typing import Any

import pytest

from tests.unit.settings.loading import as_list, problems

PROBLEMS = [
    ({"hooks": {"path": "nowhere"}}, 'hooks.path: "nowhere" is not a directory'),
    (
        {"hooks": {"run_on": {"pre-dploy": "each"}}},
        "hooks.run_on.pre-dploy: is not a hook; did you mean pre-deploy?",
    ),
    (
        {"hooks": {"run_on": {"x": "each"}}},
        (
            "hooks.run_on.x: is not a hook; hooks are pre-connect, docker-setup, pre-build, pre-deploy, "
            "pre-app-boot, post-app-boot, post-deploy"
        ),
    ),
    (
        {"hooks": {"run_on": {"pre-deploy": "all"}}},
        'hooks.run_on.pre-deploy: must be primary, each or deployer, not "all"',
    ),
    (
        {"hooks": {"run_on": {"pre-build": "each"}}},
        "hooks.run_on: puts pre-build on a host, but it always runs on the deployer",
    ),
    (
        {"hooks": {"secrets": {"pre-deploy": ["X"]}}},
        "hooks.secrets.pre-deploy[0]: the secret X is not set; run pulumi config set --secret --path 'deploy:secrets.X'",
    ),
    (
        {"hooks": {"secrets": {"pre-deploy": ["db-password"]}}},
        (
            "hooks.secrets.pre-deploy[0]: is not a valid name for a variable; "
            "use letters, digits and _, starting with a letter or _"
        ),
    ),
]


@pytest.mark.parametrize(("settings", "expected"), PROBLEMS)
def test_a_problem_is_reported_by_path_and_message(
    tmp_path: Path, settings: dict[str, Any], expected: str | list[str]
) -> None:
    assert problems(tmp_path, **settings) == as_list(expected)


def test_files_among_the_hooks_that_are_not_hooks_or_not_executable_are_reported(tmp_path: Path) -> None:
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    for name in ("pre-dploy", "pre-deploy", "pre-build.sample", "README.md", ".gitignore"):
        (hooks / name).touch(0o644)
    assert problems(tmp_path) == [
        "hooks.path (hooks/pre-deploy): is not executable; run chmod +x hooks/pre-deploy",
        "hooks.path (hooks/pre-dploy): is not a hook; did you mean pre-deploy?",
    ]
