"""Problems of what is in containers: `labels`, `volumes`, `asset_path` and `logging`."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.settings.loading import as_list, problems, role

PROBLEMS = [
    (
        {"labels": {"service": "x", "team": None}},
        [
            "labels.service: cannot be set: the deploy sets this label itself",
            "labels.team: must be a string, not null",
        ],
    ),
    *(
        (
            {"volumes": [volume]},
            "volumes[0]: must look like NAME:/path, /path/on/the/host:/path or one of these with :ro, not "
            + json.dumps(volume),
        )
        for volume in ("", "data", "data:app", "data:/a:ro:z")
    ),
    *(
        (
            role(volumes=[f"{source}:/a"]),
            (
                f'servers.web.volumes[0]: "{source}" must be the name of a volume, '
                "or a path on the host that starts with /"
            ),
        )
        for source in ("./data", "~/data", "$PWD/data", "a b")
    ),
    (
        {"volumes": ["first:/data"], **role(volumes=["second:/data/"], options={"volume": "third:/data:ro"})},
        [
            "servers.web.options.volume: mounts /data, and so does volumes[0]; mount one of them",
            "servers.web.volumes[0]: mounts /data/, and so does volumes[0]; mount one of them",
        ],
    ),
    *(
        (
            {"asset_path": path},
            (
                "asset_path[0]: must be the path of a folder in the image, such as /app/public/assets or "
                f"/app/public/assets:ro, not {json.dumps(path)}"
            ),
        )
        for path in ("public", "/", "/a/../b", "/a/")
    ),
    ({"asset_path": ["/a:ro,exec"]}, 'asset_path[0]: has options that are none of ro, rw, z and Z: "ro,exec"'),
    (
        {"asset_path": "/a:ro", **role(volumes=["data:/a"])},
        "asset_path[0]: mounts /a, and so does servers.web.volumes[0]; mount one of them",
    ),
    (
        {"servers": {"web": ["a"], "job": {"hosts": ["a"], "asset_path": "/a"}}},
        "servers.job.asset_path: is of no use: only a role that gets requests serves assets",
    ),
    (
        {"asset_path": "/a", "boot": {"limit": 1, "candidates": "group"}},
        (
            "boot.candidates: must be all with asset_path: until the candidate of a host has started, its old container "
            "does not have the assets of the new version, for which pages of other hosts ask"
        ),
    ),
    (
        {"logging": {"driver": "a b", "options": {"max size": 1}}},
        [
            'logging.driver: must be the name of a log driver of Docker, such as local, not "a b"',
            "logging.options.max size: is not a valid name for an option of a log driver, such as max-size",
        ],
    ),
    (
        {"logging": {"driver": "local"}, **role(options={"log-driver": "none", "log-opt": "mode=blocking"})},
        "servers.web.options.log-driver: is set in logging.driver, too; set it there only",
    ),
]


@pytest.mark.parametrize(("settings", "expected"), PROBLEMS)
def test_a_problem_is_reported_by_path_and_message(
    tmp_path: Path, settings: dict[str, Any], expected: str | list[str]
) -> None:
    assert problems(tmp_path, **settings) == as_list(expected)
