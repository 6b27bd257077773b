"""Settings for tests, loaded as from a stack's config."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from components.errors import SettingsError
from components.settings import Settings, load_settings

VALID: dict[str, Any] = {"service": "shop", "image": "acme/shop", "servers": ["192.0.2.1"]}

IN_CLEAR = (
    "must not be in clear text; store the value as a secret (pulumi config set --secret --path 'deploy:secrets.NAME') "
    "and refer to it by its name in a list: [NAME]"
)


def role(**settings: Any) -> dict[str, Any]:
    """Return `servers` with the role web on one host."""
    return {"servers": {"web": {"hosts": ["a"], **settings}}}


def raw_config(settings: Mapping[str, Any]) -> dict[str, str]:
    """Return settings as Pulumi passes them to a program: strings as they are, everything else as JSON."""
    return {key: value if isinstance(value, str) else json.dumps(value) for key, value in settings.items()}


def load(project: Path, **settings: Any) -> Settings:
    """Load valid settings with some of them replaced, or left out (None), in a project with a Dockerfile."""
    (project / "Dockerfile").touch()
    given = {key: value for key, value in (VALID | settings).items() if value is not None}
    return load_settings(raw_config(given), stack="prod", secret_keys=["secrets"], project_dir=project)


def problems(project: Path, **settings: Any) -> list[str]:
    """Load settings that are not valid, and return the lines of the report, with PROJECT for the project's folder."""
    with pytest.raises(SettingsError) as caught:
        load(project, **settings)
    return [line.replace(str(project), "PROJECT") for line in report_lines(caught.value)]


def as_list(expected: str | list[str]) -> list[str]:
    """Return the lines that are expected of a report: most have one."""
    return [expected] if isinstance(expected, str) else expected


def report_lines(error: SettingsError) -> list[str]:
    """Return the problems in a report, one an item."""
    head, *lines = str(error).splitlines()
    assert head == "The settings are not valid:"
    return [line.removeprefix("  ") for line in lines]
