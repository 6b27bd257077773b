"""Problems of `builder`."""

from pathlib import Path
from typing import Any

import pytest

from tests.unit.settings.loading import as_list, problems

PROBLEMS = [
    ({"builder": {"platform": "amd64"}}, 'builder.platform: must look like linux/amd64, not "amd64"'),
    (
        {"builder": {"args": {"KAMAL_VERSION": "2"}}},
        "builder.args.KAMAL_VERSION: cannot be set: the deploy itself sets the variables that start with KAMAL_",
    ),
    (
        {"builder": {"arch": ["linux/amd64"]}},
        'builder.arch[0]: must look like amd64, arm64 or arm/v7, not "linux/amd64"',
    ),
    (
        {"builder": {"arch": "amd64", "platform": "linux/arm64"}},
        "builder.platform: is set beside arch; use one of them",
    ),
    (
        {"builder": {"remote": "tcp://build:2375"}},
        (
            'builder.remote: must look like ssh://user@host or ssh://user@host:22, not "tcp://build:2375". To build with an '
            "engine at another address, set the environment variable DOCKER_HOST"
        ),
    ),
    ({"builder": {"local": False}}, "builder.local: is false, and there is no builder.remote to build on"),
    (
        {"builder": {"driver": "cloud acme/builder"}},
        (
            "builder.driver: cloud is not supported: its builders belong to the login of one person. Use docker-container, and a "
            "builder of your own in builder.remote"
        ),
    ),
    ({"builder": {"driver": "x"}}, 'builder.driver: must be docker, docker-container or remote, not "x"'),
    (
        {"builder": {"driver": "remote"}},
        (
            "builder.driver: remote needs builder.remote, where the BuildKit daemon runs, and builder.local: false, as this "
            "machine has none"
        ),
    ),
    (
        {"builder": {"driver": "docker", "arch": ["amd64", "arm64"], "cache": {"type": "gha"}, "sbom": True}},
        [
            f"builder.driver: is docker, and builder.{what}; the Docker engine's own BuildKit cannot do it. Use driver: "
            "docker-container"
            for what in ("arch has several architectures", "cache has a type", "sbom is true")
        ],
    ),
    (
        {"builder": {"driver": "docker", "remote": "ssh://build"}},
        (
            "builder.driver: is docker, which builds in one place. For builder.remote set builder.local: false, or use driver: "
            "docker-container"
        ),
    ),
    (
        {"builder": {"ssh": "default=/home/me/.ssh/id_rsa"}},
        (
            'builder.ssh: "default=/home/me/.ssh/id_rsa" names a file, which differs between two people. Add the key to the SSH '
            "agent (ssh-add FILE), and write default"
        ),
    ),
    ({"builder": {"ssh": "a b"}}, 'builder.ssh: must be default or another id of an SSH agent, not "a b"'),
    (
        {"builder": {"secrets": ["TOKEN"]}},
        "builder.secrets[0]: the secret TOKEN is not set; run pulumi config set --secret --path 'deploy:secrets.TOKEN'",
    ),
    (
        {"builder": {"cache": {"options": "mode=max"}}},
        "builder.cache.type: is required for options and image: registry or gha",
    ),
    ({"builder": {"cache": {"type": "gha", "image": "x"}}}, "builder.cache.image: is only for type: registry"),
    (
        {"builder": {"cache": {"type": "gha", "options": "max"}}},
        'builder.cache.options: must look like mode=max,compression=zstd, not "max"',
    ),
    ({"builder": {"sbom": "a b"}}, 'builder.sbom: must be true, false or a value such as mode=max, not "a b"'),
    ({"builder": {"context": "nowhere"}}, 'builder.context: "nowhere" is not a directory'),
    ({"builder": {"dockerfile": "Other"}}, 'builder.dockerfile: there is no file "Other" in PROJECT'),
    ({"builder": {"dockerfile": "../Dockerfile"}}, 'builder.dockerfile: "../Dockerfile" is outside the build context'),
]


@pytest.mark.parametrize(("settings", "expected"), PROBLEMS)
def test_a_problem_is_reported_by_path_and_message(
    tmp_path: Path, settings: dict[str, Any], expected: str | list[str]
) -> None:
    assert problems(tmp_path, **settings) == as_list(expected)
