"""Run git so that neither the caller's environment nor the user's configuration changes the result.

GitPython starts the program and stops it at its time limit. Its `Repo` and `Commit` are not used, because they do not
always agree with git: they obey GIT_OBJECT_DIRECTORY and GIT_COMMON_DIR, ignore core.worktree, cannot read the ids of a
SHA-256 repository, and lose what git says about a repository that it refuses or cannot read.
"""

import os
import shutil
from collections.abc import Collection, Mapping
from pathlib import Path

from ..errors import SourceError

DEFAULT_TIMEOUT = 120.0
"""Seconds that one git command may take. A network file system can be slow, but a hung one must not hang the deploy."""

ENVIRONMENT: Mapping[str, str] = {
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",  # `git replace` only affects this clone
    "GIT_OPTIONAL_LOCKS": "0",  # otherwise `git status` refreshes the user's index
    "GIT_TERMINAL_PROMPT": "0",  # nobody would answer a prompt
}

REMOVED_VARIABLES = (
    # `git rev-parse --local-env-vars`: a git hook or alias that runs the deploy sets these for its own repository.
    # GIT_CONFIG_COUNT is left in place: CI jobs set safe.directory with it, and our `-c` options take precedence over it.
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
    # These change the meaning of paths and attributes.
    "GIT_ATTR_SOURCE",
    "GIT_GLOB_PATHSPECS",
    "GIT_ICASE_PATHSPECS",
    "GIT_LITERAL_PATHSPECS",
    "GIT_NAMESPACE",
    "GIT_NOGLOB_PATHSPECS",
    # This leaves Git LFS pointers in place of the files, and an image needs the files.
    "GIT_LFS_SKIP_SMUDGE",
)

CONFIGURATION: Mapping[str, str] = {
    "add.ignoreErrors": "false",
    "core.attributesFile": os.devnull,
    "core.autocrlf": "false",
    "core.eol": "lf",
    "core.excludesFile": os.devnull,
    "core.fsmonitor": "false",
    "core.fsync": "none",  # git only writes scratch files here
    "core.hooksPath": os.devnull,  # the post-index-change hook would run for the scratch index
    "core.looseCompression": "0",
    "core.safecrlf": "false",
    "core.splitIndex": "false",  # a split index would write a shared part into the user's repository
    "diff.ignoreSubmodules": "none",
    "status.showUntrackedFiles": "all",  # not an option of `git status`, because it must apply to submodules as well
    "submodule.recurse": "false",
}


class GitError(SourceError):
    """A git command that failed. `stderr` is what git printed."""

    def __init__(self, place: str, command: str, stderr: str) -> None:
        super().__init__(f"git {command} failed for {place}: {stderr or 'git gave no reason.'}")
        self.stderr = stderr


def run_git(
    directory: Path,
    *arguments: str,
    environment: Mapping[str, str] | None = None,
    configuration: Mapping[str, str] = CONFIGURATION,
    exit_codes: Collection[int] = (0,),
    timeout: float = DEFAULT_TIMEOUT,
    whole: bool = False,
) -> bytes:
    """Run a git command in a directory.

    Args:
        directory: The working directory.
        arguments: The command and its arguments.
        environment: Variables to set in addition to `ENVIRONMENT`.
        configuration: Configuration to set for this command, by key.
        exit_codes: The exit codes that are not errors.
        timeout: The time limit in seconds.
        whole: Whether the last newline is part of the output.

    Returns:
        The command's standard output, by default without the last newline.

    Raises:
        GitError: The command failed.
        SourceError: git is not installed, or the command took longer than the timeout.
    """
    program = os.environ.get("GIT_PYTHON_GIT_EXECUTABLE", "git")  # GitPython runs this program when it is imported
    if shutil.which(program) is None:
        raise SourceError(f"git is not installed: there is no program {program} on the PATH. Install git.")
    from git import Git  # takes 40 ms, and a deploy of a pinned version does not need it

    variables = {**ENVIRONMENT, **(environment or {})}
    # GitPython can set variables but not remove them, so env(1) does.
    removed = [name for name in REMOVED_VARIABLES if name in os.environ and name not in variables]
    prefix = ["env", *(word for name in removed for word in ("-u", name))] if removed else []
    options = [word for key, value in configuration.items() for word in ("-c", f"{key}={value}")]
    # `-C`, because GitPython expands variables in its working directory, and ignores one that it cannot enter.
    command = [*prefix, program, "-C", str(directory), *options, *arguments]
    status, stdout, stderr = Git().execute(
        command,
        env=variables,
        kill_after_timeout=timeout,
        stdout_as_string=False,
        strip_newline_in_stdout=not whole,
        with_exceptions=False,
        with_extended_output=True,
        umask=0o022,  # exported files have the same modes on every machine
    )
    if status not in exit_codes:
        place = variables.get("GIT_DIR", str(directory))
        if stderr.startswith("Timeout:"):
            raise SourceError(f"git {arguments[0]} for {place} did not finish within {timeout:g} seconds.")
        raise GitError(place, arguments[0], stderr.strip())
    return stdout


def display_path(path: bytes) -> str:
    """Format a path for a terminal: escape what is not printable or not UTF-8."""
    text = path.decode("utf-8", "backslashreplace")
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)
