"""What a step needs of the host: a Docker engine that answers and is new enough, and room on its disk."""

from __future__ import annotations

import getpass
import os
import re
import shutil
from typing import Optional

from .docker.client import DockerError, docker_failed
from .docker.engine import Engine
from .errors import StepError
from .step.step import Step

OLDEST_DOCKER = (20, 10)

LEAST_FREE = 500
"""Megabytes that have to be free for a pull: an image that fills the disk takes the running version with it."""


def check_docker(step: Step) -> Engine:
    """Return the engine, which can be used.

    Raises:
        StepError: Docker is not installed, does not answer, may not be used, or is too old.
    """
    if not shutil.which("docker"):
        raise StepError(
            f"Docker is not installed on {step.machine}. Install it (https://docs.docker.com/engine/install/), or have the "
            "deploy install it (pulumi config set deploy:docker_install true), then deploy again."
        )
    step.wait_for("the Docker daemon to answer")
    try:
        engine = step.docker.engine()
    except DockerError as error:
        if "permission denied" in str(error):
            user = getpass.getuser()
            raise StepError(
                f"{user} may not use Docker on {step.machine}. Run there, as root: usermod -aG docker {user}; "
                "then log in again and deploy again."
            ) from None
        message = f"the Docker daemon on {step.machine} does not answer. Start it there (systemctl start docker), "
        raise docker_failed(message + "then deploy again.", error) from None
    if not is_new_enough(engine.version):
        raise StepError(
            f"Docker {engine.version} on {step.machine} is too old: 20.10 or newer is needed. Upgrade it, then deploy again."
        )
    return engine


def is_new_enough(version: str) -> bool:
    """Return whether a version of Docker, such as 28.2.2, has all that the steps use."""
    found = re.match(r"(\d+)\.(\d+)", version)
    return found is not None and (int(found[1]), int(found[2])) >= OLDEST_DOCKER


def free_megabytes(folder: str) -> Optional[int]:
    """Return how many megabytes are free in a folder, None where it is not there, or this user may not look."""
    try:
        disk = os.statvfs(folder)
    except OSError:
        return None
    return disk.f_bavail * disk.f_frsize // 2**20


def lack_of_room(free: Optional[int], where: str) -> str:
    """Return why an image cannot be pulled, and what to do; "" where there is room for it, or nobody may look.

    Args:
        free: The megabytes that are free where Docker keeps its data.
        where: Where that is.
    """
    # Where nobody may look, Docker itself will tell.
    if free is None or free >= LEAST_FREE:
        return ""
    return (
        f"only {free} MB are free {where}, and {LEAST_FREE} MB are needed to pull an image. See there what takes the room "
        "(docker system df), and make some (docker image prune --all)"
    )


def check_disk(step: Step) -> None:
    """Check that Docker has room for an image, before it is pulled.

    Raises:
        StepError: The disk is nearly full.
    """
    host = step.folder.host()
    if not host:
        return
    root = host.docker_root
    if lack := lack_of_room(free_megabytes(root), f"in {root} on {step.machine}"):
        raise StepError(f"{lack}, then deploy again.")
