"""The programs that the sandbox needs, installed from Debian's packages."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from dev.sandbox.commands import run
from dev.sandbox.errors import SandboxError

# Each program, and the package that has it.
PACKAGES = {
    "dockerd": "docker.io",
    "docker": "docker.io",
    "containerd": "containerd",
    "runc": "runc",
    "docker-registry": "docker-registry",
    "sshd": "openssh-server",
    "ssh": "openssh-client",
    "ip": "iproute2",
    "iptables": "iptables",
    "git": "git",
    "unshare": "util-linux",
    "mount": "mount",
    "useradd": "passwd",
    "perl": "perl-base",
    "hostname": "hostname",
}
# Debian asks this program before it starts the service of a new package; exit status 101 means no.
POLICY = Path("/usr/sbin/policy-rc.d")
POLICY_TEXT = "#!/bin/sh\n# Only while kamal's sandbox installs packages.\nexit 101\n"


def find_system_programs() -> None:
    """Add the folders of system programs to PATH, as not every user has them there."""
    folders = os.environ.get("PATH", "").split(":")
    os.environ["PATH"] = ":".join(folders + [folder for folder in ("/usr/sbin", "/sbin") if folder not in folders])


def ensure(say: Callable[[str], None]) -> None:
    """Install what is missing, without starting any service.

    Raises:
        SandboxError: That failed, or there is no apt-get.
    """
    remove_policy()
    names = missing()
    if not names:
        return
    if not shutil.which("apt-get"):
        raise SandboxError(f"Please install these packages (Debian's names), then try again: {' '.join(names)}")
    say(f"installing {' '.join(names)}")
    own_policy = not POLICY.exists()
    if own_policy:
        POLICY.write_text(POLICY_TEXT)
        POLICY.chmod(0o755)
    try:
        apt_get("update", "-q")
        apt_get("install", "-q", "-y", "--no-install-recommends", *names)
    finally:
        if own_policy:
            remove_policy()
    if names := missing():
        raise SandboxError(
            f"apt-get installed these packages, but their programs are still missing: {' '.join(names)}. "
            "Please install the programs yourself, then try again."
        )


def missing() -> list[str]:
    """Return the packages of the programs that are missing."""
    names = {package for program, package in PACKAGES.items() if not shutil.which(program)}
    if not busybox():
        names.add("busybox-static")
    return sorted(names)


def busybox() -> Path | None:
    """Return the busybox program if it is there and needs no libraries, since it has to run in an empty image."""
    found = shutil.which("busybox")
    # A program that needs libraries names its loader, such as /lib64/ld-linux-x86-64.so.2, near its beginning.
    return Path(found) if found and b"/ld-" not in Path(found).read_bytes()[:4096] else None


def remove_policy() -> None:
    """Remove our service policy, also one that a killed run has left behind; keep anybody else's."""
    if POLICY.exists() and POLICY.read_text() == POLICY_TEXT:
        POLICY.unlink()


def apt_get(*arguments: str) -> None:
    """Run apt-get without questions."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    run(["apt-get", "-o", "DPkg::Lock::Timeout=120", *arguments], env=environment, timeout=600)
