"""The audit log of an app on a host: a line of JSON a step, failures included. It never holds a value of the input."""

from __future__ import annotations

import fcntl
import json
import os
from datetime import datetime, timezone

from ..output import printable
from .step import Step

LARGEST = 1_000_000
"""Bytes at which the older half of the log is dropped."""


def write_audit(step: Step, failure: str) -> None:
    """Add a line about a step.

    Args:
        step: The step.
        failure: Why it failed, "" if it did not.
    """
    log = step.folder.audit_log
    if not log.parent.is_dir():
        return
    line = {
        "at": datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "client": os.environ.get("SSH_CONNECTION", "").partition(" ")[0],
        "performer": printable(step.performer) or "-",
        "verb": step.verb,
        "role": step.role,
        **({"accessory": step.accessory} if step.accessory else {}),
        "version": step.version,
        "release": step.release,
        "result": "failed" if failure else "ok",
        "message": printable(failure),
    }
    with log.open("a+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.write(json.dumps(line).encode() + b"\n")
        file.flush()
        if file.tell() > LARGEST:
            file.seek(file.tell() - LARGEST // 2)
            kept = file.read().partition(b"\n")[2]
            file.seek(0)
            file.truncate()
            file.write(kept)
