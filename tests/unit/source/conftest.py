"""Fixtures: a small repository, and git without the configuration of the person who runs the tests."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from .repositories import Repo, create


@pytest.fixture(autouse=True, scope="session")
def no_configuration(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Run git as on a new machine: without user or system configuration, and without variables of a git hook."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("GIT_")]:
            patch.delenv(name)
        patch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
        patch.delenv("XDG_CONFIG_HOME", raising=False)
        patch.setenv("GIT_CONFIG_NOSYSTEM", "1")
        for who in ("AUTHOR", "COMMITTER"):
            patch.setenv(f"GIT_{who}_NAME", "A Developer")
            patch.setenv(f"GIT_{who}_EMAIL", "developer@example.com")
            patch.setenv(f"GIT_{who}_DATE", "2024-02-29T23:30:00-02:00")
        yield


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """A repository with one commit of a small app."""
    repo = create(tmp_path / "app")
    repo.write("Dockerfile", "FROM scratch\n")
    repo.write("bin/start", "#!/bin/sh\n", mode=0o755)
    repo.write("page.html", "<p>hello</p>\n")
    repo.write(".gitignore", "*.log\n/tmp/\n")
    repo.commit()
    return repo
