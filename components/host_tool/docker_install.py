"""Docker on a host that has none, from the packages of Debian or Ubuntu."""

from __future__ import annotations

import getpass
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Optional

from .errors import StepError
from .output import last_lines
from .step.step import Step

PACKAGE = "docker.io"

LOCK_LIMIT = 120
"""Seconds that another apt is waited for: a new machine often updates itself first."""

START_LIMIT = 30
"""Seconds that the daemon has to answer once it was started."""

APT = (
    *("env", "DEBIAN_FRONTEND=noninteractive"),
    *("apt-get", "--quiet", "--yes", "--option", f"DPkg::Lock::Timeout={LOCK_LIMIT}"),
    # A configuration that an earlier Docker has left there stays, and is no question.
    *("--option", "Dpkg::Options::=--force-confold"),
)


def is_docker_missing() -> bool:
    """Return whether there is no Docker client on this host."""
    return shutil.which("docker") is None


def install_problem() -> Optional[str]:
    """Return why Docker cannot be installed on this host, with what to do: "" where it can, None where it is there."""
    if not is_docker_missing():
        return None
    by_hand = "Install Docker there by hand (https://docs.docker.com/engine/install/)"
    machine = os.uname().nodename
    if not shutil.which("apt-get"):
        return f"docker_install takes the package of Debian or Ubuntu, and {machine} has no apt-get. {by_hand}"
    if not _may_be_root():
        return (
            f"docker_install needs root, or sudo without a password, and {getpass.getuser()} on {machine} is neither. "
            f"{by_hand}, or allow sudo there"
        )
    return ""


def install_docker(step: Step, text: str) -> None:
    """Install Docker, and have its daemon run. Where the user is not root, the step begins again as a member of its group.

    Args:
        step: The step.
        text: The step's input, for when it begins again.

    Raises:
        StepError: It cannot be installed, or does not run.
    """
    if problem := install_problem():
        raise StepError(f"{problem}.")
    step.wait_for(f"apt-get to install {PACKAGE}")
    step.say(f"installing Docker (apt-get install {PACKAGE}): {step.machine} has none")
    _update_lists(step)
    installed = _as_root(*APT, "install", PACKAGE)
    if installed.returncode:
        raise StepError(
            f"Docker could not be installed on {step.machine}: apt-get failed. Correct that there, then deploy again.",
            _last_words(installed),
        )
    _start_daemon(step)
    if os.getuid():
        user = getpass.getuser()
        if (added := _as_root("usermod", "--append", "--groups", "docker", user)).returncode:
            raise StepError(f"{user} could not be added to the group docker on {step.machine}.", _last_words(added))
        _begin_again(text, user)


def _may_be_root() -> bool:
    return os.getuid() == 0 or bool(shutil.which("sudo") and _as_root("true").returncode == 0)


def _as_root(*words: str) -> subprocess.CompletedProcess[str]:
    sudo = () if os.getuid() == 0 else ("sudo", "--non-interactive")
    return subprocess.run(
        [*sudo, *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    )


def _update_lists(step: Step) -> None:
    """Update apt's lists. Its lock is not waited for by apt itself; with old lists the package may be found all the same."""
    deadline = time.monotonic() + LOCK_LIMIT
    while (updated := _as_root(*APT, "update")).returncode:
        if "lock" not in updated.stdout or time.monotonic() > deadline:
            step.say("apt-get update failed: going on with the lists that are there")
            return
        time.sleep(2)


def _start_daemon(step: Step) -> None:
    """Start the daemon, unless its package has, and wait until it answers.

    Raises:
        StepError: It does not.
    """
    step.wait_for("the Docker daemon to answer")
    deadline = time.monotonic() + START_LIMIT
    started = _as_root("service", "docker", "start")
    while (asked := _as_root("docker", "version")).returncode:
        if time.monotonic() > deadline:
            raise StepError(
                f"Docker was installed on {step.machine}, but its daemon does not answer after {START_LIMIT} s. Look there "
                "why (journalctl --unit docker), then deploy again.",
                "\n".join((_last_words(started), _last_words(asked))),
            )
        time.sleep(0.5)


def _begin_again(text: str, user: str) -> None:
    """Run this program again, as the same user in a new session: groups are taken when a session begins."""
    # Imported late: the look, which is to be quick, imports this module.
    import tempfile

    with tempfile.TemporaryFile() as file:
        file.write(f"{text}\n".encode())
        file.seek(0)
        os.dup2(file.fileno(), 0)
    kept = [f"{name}={os.environ[name]}" for name in ("HOME", "SSH_CONNECTION") if name in os.environ]
    tool = str(Path(sys.argv[0]).absolute())
    # Not `sudo --user`: a user may be allowed to become root and nobody else.
    os.execvp("sudo", ["sudo", "--non-interactive", "runuser", "--user", user, "--", "env", *kept, tool, *sys.argv[1:]])


def _last_words(done: subprocess.CompletedProcess[str]) -> str:
    return "\n".join(last_lines(done.stdout, 5))
