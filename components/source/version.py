"""The name of a version. Nothing else in the project computes one."""

import re

TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}", re.ASCII)
"""The grammar of an image tag (OCI distribution specification, "Pulling manifests")."""


def source_version(commit: str, commit_tree: str, tree: str) -> str:
    """Name the version of a tree.

    Kamal's suffix `_uncommitted_<16 hex digits>` is random. Here it comes from the tree, so that the same content always
    has the same version.

    Args:
        commit: The id of the commit that is checked out, in hex.
        commit_tree: The id of that commit's tree.
        tree: The id of the tree that is built.

    Returns:
        The commit's id if the tree is the commit's, else `<commit>_uncommitted_<first 16 digits of the tree's id>`.
    """
    return commit if tree == commit_tree else f"{commit}_uncommitted_{tree[:16]}"


def is_version(text: str) -> bool:
    """Whether a string is a valid version. A version is an image tag."""
    return TAG.fullmatch(text) is not None
