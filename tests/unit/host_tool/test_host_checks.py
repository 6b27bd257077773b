"""What a step needs of the host."""

import pytest

from components.host_tool.host_checks import is_new_enough


@pytest.mark.parametrize(
    ("version", "new_enough"),
    [
        ("28.2.2", True),
        ("20.10.0", True),
        ("20.10.24+dfsg1", True),
        ("100.0", True),
        ("20.9.9", False),
        ("19.03.15", False),
        ("1.13.1", False),
        ("dev", False),
        ("", False),
    ],
)
def test_docker_20_10_or_newer_is_new_enough(version: str, new_enough: bool) -> None:
    assert is_new_enough(version) == new_enough
