"""What a version is called, and which names a version can have. Nothing else in the project computes one."""

import re

TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}", re.ASCII)
"""The grammar of an image's tag, from the OCI distribution specification ("Pulling manifests")."""


def source_version(commit: str, commit_tree: str, tree: str) -> str:
    """The version of a tree that is built on top of a commit: all three are git object ids in hex.

    The commit's own tree is named by the commit; any other by Kamal's form `<commit>_uncommitted_<16 hex digits>`,
    where Kamal draws the digits at random and we take them from the tree, so that the same content has the same name.
    """
    return commit if tree == commit_tree else f"{commit}_uncommitted_{tree[:16]}"


def is_version(text: str) -> bool:
    """Whether a text can be a version, which is to say an image's tag."""
    return TAG.fullmatch(text) is not None
