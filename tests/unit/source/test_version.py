"""The names of versions."""

import pytest

from components.source.version import is_version, source_version

COMMIT, COMMIT_TREE, OTHER_TREE = 40 * "c", 40 * "a", "0123456789abcdef" + 24 * "b"


def test_the_commits_own_tree_has_the_commits_id() -> None:
    assert source_version(COMMIT, COMMIT_TREE, COMMIT_TREE) == COMMIT


def test_another_tree_has_the_commits_id_and_its_own() -> None:
    assert source_version(COMMIT, COMMIT_TREE, OTHER_TREE) == f"{COMMIT}_uncommitted_0123456789abcdef"


@pytest.mark.parametrize("digits", [40, 64])
def test_every_version_is_a_valid_tag(digits: int) -> None:
    assert is_version(source_version(digits * "f", digits * "a", digits * "b"))


@pytest.mark.parametrize("text", ["1.0.0", "_x", "a", "v1-2_3.4", 128 * "a"])
def test_a_valid_tag_is_a_valid_version(text: str) -> None:
    assert is_version(text)


@pytest.mark.parametrize("text", ["", "-x", ".x", "a b", "a/b", "a:b", "é", "a\n", 129 * "a", "١"])
def test_an_invalid_tag_is_not_a_valid_version(text: str) -> None:
    assert not is_version(text)
