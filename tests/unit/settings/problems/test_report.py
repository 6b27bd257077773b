"""The report of all problems."""

from pathlib import Path

import pytest

from components.errors import SettingsError
from components.settings import load_settings
from tests.unit.settings.loading import VALID, problems, raw_config, report_lines


def paths(lines: list[str]) -> list[str]:
    """Return the paths of reported problems."""
    return [line.split(":")[0] for line in lines]


def test_all_problems_are_in_one_report_sorted_by_path(tmp_path: Path) -> None:
    reported = problems(tmp_path, service="-x", image="a:1", boot={"limit": 0}, proxi={"a": 1})
    assert paths(reported) == ["boot.limit", "image", "proxi", "service"]


def test_an_invalid_key_hides_no_problem_between_other_keys_or_with_files(tmp_path: Path) -> None:
    reported = problems(
        tmp_path,
        service="-x",
        env={"secret": ["DB"]},
        builder={"dockerfile": "Other"},
        release_task={"cmd": "x", "role": "job"},
    )
    assert paths(reported) == ["builder.dockerfile", "env.secret[0]", "release_task.role", "service"]


def test_a_section_that_is_not_valid_is_not_checked_further(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(raw_config(VALID | {"builder": {"platform": "x"}}), stack="prod", project_dir=tmp_path)
    assert paths(report_lines(caught.value)) == ["builder.platform"]


def test_a_report_shows_no_secret(tmp_path: Path) -> None:
    reported = problems(
        tmp_path,
        service="-x",
        secrets={"A": {"hunter2": "hunter2"}, "B": "nul\0hunter2"},
        registry={"username": "u", "password": "hunter2"},
        env={"secret": ["hunter-2"]},
    )
    assert paths(reported) == ["env.secret[0]", "registry.password", "secrets.A", "secrets.B", "service"]
    assert "hunter" not in "".join(reported)
