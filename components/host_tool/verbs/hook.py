"""hook APP NAME LIMIT KAMAL_X=…: the user's script, on this host."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Sequence

from ..errors import StepError
from ..identity import check_name
from ..output import lines_of
from ..script import failure_of, run_script
from ..spec import HookSpec
from ..step.run_folder import RunFolder
from ..step.step import Step

SPEC = HookSpec

# A script with these cannot be started, or does what its author did not write.
RESERVED = re.compile(r"PATH|IFS|LD_.*")


def run(step: Step, spec: HookSpec, name: str, limit: str, *variables: str) -> None:
    """Run the hook, and show its output."""
    check_name("hook", name)
    environment = {**os.environ, **kamal_variables(variables), **secret_variables(spec.secrets)}
    environment.update(KAMAL_PERFORMER=spec.performer, KAMAL_RECORDED_AT=spec.recorded_at)
    if name == "post-deploy":
        # Clocks differ.
        environment["KAMAL_RUNTIME"] = str(max(0, int(time.time()) - spec.started_at))
    step.performer, step.version = spec.performer, environment.get("KAMAL_VERSION", "")
    step.wait_for(f"the hook {name} to end, up to {limit} s")
    step.say(f"running the hook {name}")
    with RunFolder(step.folder.path) as folder:
        script = folder / name
        script.write_text(spec.script, encoding="utf-8", errors="surrogateescape")
        script.chmod(0o700)
        status = run_script(str(script), environment, int(limit), lines_of, _show)
    failure = failure_of(f"hook {name}", status, int(limit), f"on {step.machine}")
    if failure:
        raise StepError(failure)


def kamal_variables(words: Sequence[str]) -> dict[str, str]:
    """Return the variables in words NAME=value.

    Raises:
        StepError: One is none of Kamal's.
    """
    for word in words:
        name, equals, _ = word.partition("=")
        if not re.fullmatch(r"KAMAL_[A-Z_]+", name):
            raise StepError(f'"{name}" is not a variable of a hook: its name has to be KAMAL_ and capital letters.')
        if not equals:
            raise StepError(f'"{name}" has no value.')
    return dict(word.partition("=")[::2] for word in words)


def secret_variables(secrets: dict[str, str]) -> dict[str, str]:
    """Return the secrets that a hook gets.

    Raises:
        StepError: One has a name that cannot be a variable of a script.
    """
    for name in secrets:
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) or RESERVED.fullmatch(name):
            raise StepError(f'the hook\'s secret "{name}" cannot be a variable of a script. Rename it.')
    return secrets


def _show(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
