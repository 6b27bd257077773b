"""Problems of the keys that belong to no section."""

from pathlib import Path
from typing import Any

import pytest

from components.errors import SettingsError
from components.settings import load_settings
from tests.unit.settings.loading import VALID, as_list, load, problems, raw_config, report_lines

PROBLEMS = [
    ({"service": None}, "service: is required"),
    (
        {"service": "-x"},
        'service: "-x" is not a valid name; use at most 40 letters, digits, - and _, starting with a letter or digit',
    ),
    (
        {"destination": "a b"},
        'destination: "a b" is not a valid name; use at most 40 letters, digits, - and _, starting with a letter or digit',
    ),
    ({"image": "acme/shop:1"}, 'image: "acme/shop:1" must not contain a tag; the deployed version becomes the tag'),
    (
        {"version": "v1@sha256:12"},
        'version: "v1@sha256:12" has no valid digest; after @ comes sha256: and 64 digits from 0 to f',
    ),
    ({"skip_hosts": ["nowhere"]}, "skip_hosts[0]: nowhere is not one of the hosts: 192.0.2.1"),
    (
        {"servers": {"web": ["a"], "worker": ["a", "b"]}, "skip_hosts": ["a"]},
        "skip_hosts: leaves no host of role web, which the deploy needs",
    ),
    (
        {
            "servers": {"web": ["a"], "worker": ["b"]},
            "release_task": {"cmd": "x", "role": "worker"},
            "skip_hosts": ["b"],
        },
        "skip_hosts: leaves no host of role worker, which the deploy needs",
    ),
    (
        {"image": "acme/shop@sha256:00"},
        'image: "acme/shop@sha256:00" must not contain a digest; the deploy looks it up',
    ),
    (
        {"image": "ghcr.io/acme/shop"},
        'image: "ghcr.io/acme/shop" must not contain the server; set it in registry.server',
    ),
    (
        {"image": "Acme/shop"},
        'image: "Acme/shop" is not a valid repository; it must be in lower case, such as acme/shop',
    ),
    (
        {"version": "a b"},
        'version: "a b" is not a valid tag; use at most 128 letters, digits, _, . and -, starting with a letter, digit or _',
    ),
    ({"source": "dirty"}, 'source: must be commit, strict or worktree, not "dirty"'),
    ({"deploy_timeout": "soon"}, 'deploy_timeout: must be an integer, not "soon"'),
    ({"deploy_timeout": 0}, "deploy_timeout: must be at least 1, not 0"),
    ({"drain_timeout": 1.5}, "drain_timeout: must be an integer, not 1.5"),
    ({"drain_timeout": 100000}, "drain_timeout: must be at most 86400, not 100000"),
    ({"retain_containers": "0"}, "retain_containers: must be at least 1, not 0"),
    (
        {"require_destination": True, "destination": "none"},
        "destination: is none, and require_destination is true; leave it out to use the stack's name",
    ),
]


@pytest.mark.parametrize(("settings", "expected"), PROBLEMS)
def test_a_problem_is_reported_by_path_and_message(
    tmp_path: Path, settings: dict[str, Any], expected: str | list[str]
) -> None:
    assert problems(tmp_path, **settings) == as_list(expected)


def test_a_stack_name_that_is_not_a_valid_destination_is_reported_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").touch()
    raw = raw_config(VALID)
    with pytest.raises(SettingsError) as caught:
        load_settings(raw, stack="eu.prod", project_dir=tmp_path)
    assert report_lines(caught.value) == [
        (
            'destination: "eu.prod" is not a valid name; use at most 40 letters, digits, - and _, starting with a letter or digit; '
            "the destination is the stack's name unless it is set (pulumi config set deploy:destination NAME)"
        )
    ]
    assert load_settings(raw | {"destination": "eu"}, stack="eu.prod", project_dir=tmp_path).destination == "eu"


def test_a_pinned_version_needs_no_dockerfile(tmp_path: Path) -> None:
    assert load(tmp_path, version="v1", builder={"context": "nowhere"}).version == "v1"
