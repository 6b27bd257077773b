"""Run git, through GitPython, so that neither the caller's environment nor the user's configuration changes the answer."""

import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import SourceError

if TYPE_CHECKING:
    from git import Git

QUERY_LIMIT = 120.0
"""Seconds that a question to git may take; a cold network disk is slow, a hung one must not hang the deploy."""

ENVIRONMENT: Mapping[str, str] = {
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",  # a replaced object exists in this clone only
    "GIT_OPTIONAL_LOCKS": "0",  # `git status` would else refresh the user's index
    "GIT_TERMINAL_PROMPT": "0",  # a prompt would wait for ever
}

FOREIGN_VARIABLES = (
    # `git rev-parse --local-env-vars`: set when a git hook or alias runs us, and about that command's repository.
    # GIT_CONFIG_COUNT stays: it is how a CI job says safe.directory, and our own `-c` flags win over it.
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_CONFIG",
    "GIT_CONFIG_PARAMETERS",
    "GIT_DIR",
    "GIT_GRAFT_FILE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_INTERNAL_SUPER_PREFIX",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
    # These change what a path or an attribute means.
    "GIT_ATTR_SOURCE",
    "GIT_GLOB_PATHSPECS",
    "GIT_ICASE_PATHSPECS",
    "GIT_LITERAL_PATHSPECS",
    "GIT_NAMESPACE",
    "GIT_NOGLOB_PATHSPECS",
    # Makes a clone quick; an image needs the files themselves.
    "GIT_LFS_SKIP_SMUDGE",
)

CONFIGURATION: Mapping[str, str] = {
    "add.ignoreErrors": "false",
    "core.attributesFile": os.devnull,
    "core.autocrlf": "false",
    "core.eol": "lf",
    "core.excludesFile": os.devnull,
    "core.fsmonitor": "false",
    "core.fsync": "none",  # only scratch files are written
    "core.hooksPath": os.devnull,  # post-index-change would run for our scratch index
    "core.looseCompression": "0",
    "core.safecrlf": "false",
    "core.splitIndex": "false",  # a split index would leave a shared part in the user's repository
    "diff.ignoreSubmodules": "none",
    "status.showUntrackedFiles": "all",  # as configuration, because it must reach the submodules too
    "submodule.recurse": "false",
}


class GitError(SourceError):
    """git ended with an error; `answer` is what it said."""

    def __init__(self, place: str, command: str, answer: str) -> None:
        super().__init__(f"git {command} failed for {place}: {answer or 'it gave no reason'}")
        self.answer = answer


def run_git(
    directory: Path,
    *words: str,
    environment: Mapping[str, str] | None = None,
    configuration: Mapping[str, str] = CONFIGURATION,
    accepted: Collection[int] = (0,),
    limit: float = QUERY_LIMIT,
) -> bytes:
    """Run `git words…` in a directory and return its standard output, without the last newline.

    environment: variables for this command beside `ENVIRONMENT`. configuration: replaces `CONFIGURATION`.
    accepted: exit statuses that are no error. limit: seconds.
    Raises SourceError where git is missing or takes longer than the limit, and GitError where it fails.
    """
    git = _git_class()
    from git.exc import GitCommandNotFound

    variables = {**ENVIRONMENT, **(environment or {})}
    foreign = [name for name in FOREIGN_VARIABLES if name in os.environ and name not in variables]
    # GitPython can set variables but not take them away: where there are some to take away, env(1) does.
    prefix = ["env", *(word for name in foreign for word in ("-u", name))] if foreign else []
    settings = [word for key, value in configuration.items() for word in ("-c", f"{key}={value}")]
    command = [*prefix, git.GIT_PYTHON_GIT_EXECUTABLE or "git", *settings, *words]
    try:
        status, output, answer = git(str(directory)).execute(
            command,
            env=variables,
            kill_after_timeout=limit,
            stdout_as_string=False,
            with_exceptions=False,
            with_extended_output=True,
            umask=0o022,  # files of an export get the same modes on every machine
        )
    except (GitCommandNotFound, PermissionError) as error:
        raise _git_missing() from error
    answer = answer.strip()
    if status not in accepted:
        place = variables.get("GIT_DIR", str(directory))
        if answer.startswith("Timeout:"):
            raise SourceError(f"git {words[0]} for {place} did not end within {limit:g} seconds.")
        raise GitError(place, words[0], answer)
    return output


def displayed(path: bytes) -> str:
    """A file's name as it can be shown in a terminal: what is not printable or not UTF-8 is escaped."""
    text = path.decode("utf-8", "backslashreplace")
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


def _git_class() -> type["Git"]:
    # Imported late: it takes a tenth of a second, and a deploy of a pinned version needs no git at all.
    try:
        from git import Git
    except ModuleNotFoundError:
        raise
    except ImportError as error:  # GitPython looks for the program when it is imported
        raise _git_missing() from error
    return Git


def _git_missing() -> SourceError:
    return SourceError("The git program cannot be run here: install git, and see that it is on the PATH.")
