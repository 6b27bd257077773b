"""A sandbox to start, break and stop."""

import os
from collections.abc import Iterator

import pytest

from dev.sandbox import Sandbox
from tests.own_sandbox import own_sandbox, remove


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A stopped sandbox apart from the user's, removed after the test."""
    made = own_sandbox("sandbox-tests" + os.environ.get("PYTEST_XDIST_WORKER", ""))
    yield made
    remove(made.paths.project)
