"""Problems of `secrets`."""

from pathlib import Path
from typing import Any

import pytest

from components.errors import SettingsError
from components.settings import load_settings
from tests.unit.settings.loading import VALID, as_list, problems, raw_config, report_lines

PROBLEMS = [
    ({"secrets": ["hunter2"]}, "secrets: must be a mapping of names to strings"),
    ({"secrets": {"A": None, "B": {"hunter2": 1}}}, ["secrets.A: must be a string", "secrets.B: must be a string"]),
]


@pytest.mark.parametrize(("settings", "expected"), PROBLEMS)
def test_a_problem_is_reported_by_path_and_message(
    tmp_path: Path, settings: dict[str, Any], expected: str | list[str]
) -> None:
    assert problems(tmp_path, **settings) == as_list(expected)


def test_secrets_that_are_not_encrypted_are_refused(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").touch()
    with pytest.raises(SettingsError) as caught:
        load_settings(raw_config(VALID | {"secrets": {"A": "x"}}), stack="prod", project_dir=tmp_path)
    assert report_lines(caught.value) == [
        "secrets: must be encrypted; set each with pulumi config set --secret --path 'deploy:secrets.NAME'"
    ]


def test_an_encrypted_value_outside_of_secrets_is_refused_and_not_shown(tmp_path: Path) -> None:
    """It would end up in the state and in previews in clear."""
    (tmp_path / "Dockerfile").touch()
    raw = raw_config(VALID | {"env": {"A": {"x": "hunter2"}}, "servers": "hunter2"})
    with pytest.raises(SettingsError) as caught:
        load_settings(raw, stack="prod", secret_keys=["env", "servers"], project_dir=tmp_path)
    message = (
        "has an encrypted value, but only the values in secrets stay secret; store it there "
        "(pulumi config set --secret --path 'deploy:secrets.NAME') and refer to it by its name, as in env.secret"
    )
    assert report_lines(caught.value) == [f"env: {message}", f"servers: {message}"]
