"""The command line of the host tool: `host_tool VERB APP WORDS… <INPUT`.

Standard input is the verb's input as JSON, standard output its result as JSON; progress and errors are on standard error.
A verb may be run again at any time, and leaves the host as it found it when it fails.
"""

from __future__ import annotations

import importlib
import inspect
import os
import sys
from collections.abc import Sequence
from typing import Any

from .docker.client import DockerClient, DockerError, docker_failed
from .errors import Interrupted, StepError
from .identity import check_name
from .json_codec import from_json, to_json
from .records.app_folder import AppFolder
from .records.files import forget_unfinished
from .step.audit import write_audit
from .step.interrupts import ignore_signals, raise_on_signals, show_signs_of_life
from .step.message import show
from .step.run_folder import forget_dead_runs
from .step.step import Step

VERBS = (
    "prepare",
    "secrets",
    "certificate",
    "pull",
    "candidate",
    "switch",
    "task",
    "hook",
    "inspect",
    "abandon",
    "remove",
    "takeover",
    "accessory",
    "accessory_secrets",
    "accessory_certificate",
    "remove_accessory",
)

FAILED, INTERRUPTED = 1, 124


def main(words: Sequence[str]) -> int:
    """Run a verb, and return the exit status of the program."""
    os.umask(0o077)
    # A login without a terminal often has a short PATH.
    os.environ["PATH"] = os.environ.get("PATH", "/usr/bin:/bin") + ":/usr/local/bin:/usr/sbin:/sbin"
    verb, app = (*words, "", "")[:2]
    step = Step(verb, AppFolder(app), DockerClient())
    raise_on_signals()
    show_signs_of_life(lambda: step.waiting_for)
    module = result = None
    failure, status = "", 0
    try:
        check_name("app", app)
        module = _module(verb, words[2:])
        if _changes(module):
            forget_dead_runs(step.folder.path)
            forget_unfinished(step.folder.path)
        result = _run(module, step, words[2:])
    except (StepError, DockerError, OSError) as error:
        failure, status = _failure(step, error), FAILED
    except Interrupted as interrupted:
        failure = f"{step.about}ended by {interrupted} while waiting for {step.waiting_for}."
        status = INTERRUPTED
    ignore_signals()
    if failure:
        show(failure)
    elif result is not None:
        print(to_json(result))
    if module and _changes(module):
        _write_audit(step, failure)
    return status


def _failure(step: Step, error: Exception) -> str:
    """Return the message of a step that failed. What a program said about it is shown before."""
    if isinstance(error, DockerError):
        error = docker_failed(f"`{error.command}` failed. Correct that on {step.machine}, then deploy again.", error)
    if isinstance(error, StepError):
        if error.output:
            show(error.output)
        return f"{step.about}{error}"
    # A full disk, a file of another user's, a program that is not there.
    return f"{step.about}{error}. Correct that on {step.machine}, then deploy again."


def _changes(module: Any) -> bool:
    """Return whether a verb changes anything on the host."""
    return bool(getattr(module, "CHANGES", True))


def _write_audit(step: Step, failure: str) -> None:
    try:
        write_audit(step, failure)
    except OSError as error:
        show(f"{step.about}no line was added to the audit log: {error}.")


def _module(verb: str, arguments: Sequence[str]) -> Any:
    if verb not in VERBS:
        raise StepError(f"no such verb. There are: {' '.join(VERBS)}.")
    module = importlib.import_module(f".verbs.{verb}", __package__)
    first = 2 if hasattr(module, "SPEC") else 1
    parameters = list(inspect.signature(module.run).parameters.values())[first:]
    expected = sum(parameter.kind is not inspect.Parameter.VAR_POSITIONAL for parameter in parameters)
    if len(arguments) < expected:
        raise StepError(f"too few words: at least {expected} expected, {len(arguments)} found.")
    return module


def _run(module: Any, step: Step, arguments: Sequence[str]) -> Any:
    if hasattr(module, "SPEC"):
        try:
            spec = [from_json(module.SPEC, sys.stdin.readline())]
        except ValueError as error:
            raise StepError(f"the input cannot be read: {error}.") from None
    else:
        spec = []
    return module.run(step, *spec, *arguments)
