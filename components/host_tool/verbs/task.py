"""task APP ROLE IMAGE SECRETS [BUILD]: the release task (migrations), once a version, in a container of the new image.

It runs detached, and the step follows it: when the connection breaks, the task goes on, and the next step joins it.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Collection
from datetime import datetime, timezone
from typing import Any, Optional

from ..docker.client import DockerError, docker_failed
from ..docker.environment import split_environment
from ..docker.run_words import container_variables, task_words
from ..errors import Interrupted, StepError
from ..first_release import take_over
from ..identity import check_name, role_identity
from ..records.records import TaskRecord
from ..records.role_folder import RoleFolder
from ..release.image import ensure_image
from ..spec import TaskSpec
from ..step.step import Step

SPEC = TaskSpec

LABEL = "release-task"
"""The label of a task's container: a hash of its command."""

STOP_TIMEOUT = 10
"""Seconds that a task has to end at its time limit."""


def run(step: Step, spec: TaskSpec, role: str, image: str, secrets_hash: str, *build: str) -> None:
    """Run the task, or join it, unless it has been done for the version."""
    container = spec.container
    step.host, version = container.host, check_name("version", container.version)
    step.version = version
    folder = step.take_role(role)
    step.lock(step.folder.tasks_lock)
    take_over(step, folder)
    done, ran = step.folder.task_of(version), step.folder.versions().digests
    if not is_due(done, container.cmd, version, _current_version(folder), ran):
        step.say(f"the release task of version {version} is done already")
        return
    name = f"{role_identity(container).prefix}-task-{version}"
    if not _can_join(step, name, container.cmd):
        ensure_image(step, image, container.service, version, "".join(build))
        _start(step, spec, name, image, folder.secrets(secrets_hash))
    _follow(step, spec, name)
    step.folder.save_task(version, TaskRecord(container.cmd))


def is_due(done: Optional[TaskRecord], cmd: tuple[str, ...], version: str, current: str, ran: Collection[str]) -> bool:
    """Decide whether the release task of a version has to run.

    Args:
        done: The task that has ended well for the version, if one has.
        cmd: The task's command. A changed one runs again.
        version: The version.
        current: The version that the role runs now, "" for none.
        ran: The versions that this host has run. Going back to one of them migrates nothing.
    """
    if version in ran and version != current:
        return False
    # The first release did not note the command.
    return done is None or done.cmd not in ((), cmd)


def _current_version(folder: RoleFolder) -> str:
    record = folder.record()
    return folder.version_of(record.current) if record else ""


def _can_join(step: Step, name: str, cmd: tuple[str, ...]) -> bool:
    """Return whether the task is there already; remove one of another command."""
    found = step.docker.inspect(name)
    if not found:
        return False
    labels = found[0]["Config"]["Labels"] or {}
    if labels.get(LABEL) == _hash(cmd):
        step.say("joining the release task of an earlier deploy, whose connection broke")
        return True
    step.docker.containers.remove([name])
    return False


def _start(step: Step, spec: TaskSpec, name: str, image: str, secrets: dict[str, str]) -> None:
    environment = split_environment(container_variables(spec.container, name, secrets))
    words = task_words(spec.container, name, {LABEL: _hash(spec.container.cmd)}, image, environment)
    step.say(f"running the release task of version {step.version}")
    with step.undo() as undo:
        undo.add(step.docker.containers.remove, [name])
        try:
            step.docker.containers.create(words, environment, start=True)
        except DockerError as error:
            raise docker_failed("the release task could not be started. Check release_task.cmd.", error) from None


def _follow(step: Step, spec: TaskSpec, name: str) -> None:
    """Show the task's output until it ends, and remove its container.

    Raises:
        StepError: It failed, or did not end in time.
    """
    step.wait_for(f"the release task of version {step.version}")
    late = threading.Event()

    def end() -> None:
        late.set()
        step.docker.run("stop", "--time", str(STOP_TIMEOUT), name, check=False)

    task = _inspect(step, name)
    limit = threading.Timer(max(0.0, spec.timeout - _age(task)), end)
    limit.daemon = True
    # One that has ended while nobody followed it cannot be late any more.
    if task["State"]["Running"]:
        limit.start()
    try:
        with step.docker.containers.following(name) as lines:
            for line in lines:
                step.say(line)
        state = _inspect(step, name)["State"]
        if state["Running"]:
            # With the log driver "none" there is nothing to follow.
            step.docker.containers.wait(name)
            state = _inspect(step, name)["State"]
    except Interrupted as interrupted:
        raise Interrupted(f"{interrupted} (the release task goes on, and the next deploy joins it)") from None
    finally:
        limit.cancel()
    step.docker.containers.remove([name])
    if late.is_set():
        raise StepError(
            f"the release task of version {step.version} did not end within {spec.timeout} s. Its output is above."
        )
    if state["ExitCode"]:
        raise StepError(
            f"the release task of version {step.version} failed with exit status {state['ExitCode']}. Its output is above."
        )


def _inspect(step: Step, name: str) -> dict[str, Any]:
    found = step.docker.inspect(name)
    if not found:
        raise StepError(f"the container {name} of the release task is gone: somebody removed it. Deploy again.")
    return found[0]


def _age(data: dict[str, Any]) -> float:
    """Return the seconds since the task was started."""
    started = datetime.strptime(data["State"]["StartedAt"][:19], "%Y-%m-%dT%H:%M:%S").replace(tzinfo=timezone.utc)
    return (datetime.now(timezone.utc) - started).total_seconds()


def _hash(cmd: tuple[str, ...]) -> str:
    return hashlib.sha256(json.dumps(cmd).encode()).hexdigest()[:16]
