"""Keys that are not known, or that only Kamal has."""

from pathlib import Path
from typing import Any

import pytest

from tests.unit.settings.loading import as_list, problems, role

PROBLEMS = [
    ({"prxy": {"x": 1}}, "prxy: is not a known key; did you mean proxy?"),
    ({"registry.x": "1"}, "registry.x: is not a known key; did you mean registry?"),
    ({"boot": {"x": 1}}, "boot.x: is not a known key; use limit, wait, candidates, parallel_roles"),
    (role(proxy={"healthchek": {}}), "servers.web.proxy.healthchek: is not a known key; did you mean healthcheck?"),
    ({"hooks_path": "h"}, "hooks_path: use hooks.path instead"),
    ({"traefik": {"a": 1}}, "traefik: use proxy instead, as in Kamal 2"),
    (role(env={"tags": {}}), "servers.web.env.tags: is only possible in the app's env, as in Kamal"),
    (
        {"builder": {"pack": {}}},
        (
            "builder.pack: is not supported: the image is built from a Dockerfile. Build with pack in CI, with the labels service "
            "and org.opencontainers.image.version, push the image, and deploy that version (deploy:version)"
        ),
    ),
    (
        role(proxy={"healthcheck": {"prt": 1}}),
        "servers.web.proxy.healthcheck.prt: is not a known key; did you mean port?",
    ),
    (
        {"ssh": {"keys": ["x"]}},
        (
            "ssh.keys: is not supported: a key from a file of yours would be a change in the next person's deploy. "
            "Add it to the SSH agent (ssh-add FILE), or share one key as a secret (ssh.key_data)"
        ),
    ),
    (
        {"ssh": {"proxy_command": "nc %h %p"}},
        (
            "ssh.proxy_command: is not supported: Pulumi's command plugin has an SSH client of its own, "
            "which starts no command. Use a jump host (ssh.proxy)"
        ),
    ),
]


@pytest.mark.parametrize(("settings", "expected"), PROBLEMS)
def test_a_problem_is_reported_by_path_and_message(
    tmp_path: Path, settings: dict[str, Any], expected: str | list[str]
) -> None:
    assert problems(tmp_path, **settings) == as_list(expected)
