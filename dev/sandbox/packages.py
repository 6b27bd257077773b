"""Programs that the sandbox needs, installed from Debian's packages where that is possible."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from dev.sandbox.errors import SandboxError

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
    "openssl": "openssl",
    "git": "git",
    "unshare": "util-linux",
    "mount": "mount",
    "useradd": "passwd",
    "perl": "perl-base",
    "hostname": "hostname",
}
# Debian asks this program before it starts a freshly installed service: 101 means "do not".
POLICY = Path("/usr/sbin/policy-rc.d")
POLICY_TEXT = "#!/bin/sh\n# Only while kamal's sandbox installs packages.\nexit 101\n"


def find_system_programs() -> None:
    """Add the folders of system programs to PATH: not everybody's has them."""
    folders = os.environ.get("PATH", "").split(":")
    os.environ["PATH"] = ":".join(folders + [folder for folder in ("/usr/sbin", "/sbin") if folder not in folders])


def ensure(say: Callable[[str], None]) -> None:
    """Install what is missing, without starting any service. Raises SandboxError where that cannot be done."""
    remove_policy()
    wanted = missing()
    if not wanted:
        return
    if not shutil.which("apt-get"):
        raise SandboxError(f"Please install (by their Debian names): {' '.join(wanted)}. Then try again.")
    say(f"installing {' '.join(wanted)}")
    own_policy = not POLICY.exists()
    if own_policy:
        POLICY.write_text(POLICY_TEXT)
        POLICY.chmod(0o755)
    try:
        apt_get("update", "-q")
        apt_get("install", "-q", "-y", "--no-install-recommends", *wanted)
    finally:
        if own_policy:
            remove_policy()
    if still := missing():
        raise SandboxError(f"Installed, but still missing: {' '.join(still)}. Please install by hand, then try again.")


def missing() -> list[str]:
    """Debian packages of the programs that are not there."""
    names = {package for program, package in PACKAGES.items() if not shutil.which(program)}
    if not busybox():
        names.add("busybox-static")
    return sorted(names)


def busybox() -> Path | None:
    """The busybox program, if it is there and needs no library (it has to run in an image of its own)."""
    found = shutil.which("busybox")
    # A program that needs libraries names its loader, e.g. /lib64/ld-linux-x86-64.so.2, near its beginning.
    return Path(found) if found and b"/ld-" not in Path(found).read_bytes()[:4096] else None


def remove_policy() -> None:
    """Remove our service policy, also one that a killed run left behind. Another's stays."""
    if POLICY.exists() and POLICY.read_text() == POLICY_TEXT:
        POLICY.unlink()


def apt_get(*arguments: str) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    argv = ["apt-get", "-o", "DPkg::Lock::Timeout=120", *arguments]
    try:
        result = subprocess.run(
            argv, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600
        )
    except subprocess.TimeoutExpired:
        raise SandboxError(f"`{' '.join(argv)}` did not finish within 10 minutes.") from None
    if result.returncode:
        lines = "\n".join((result.stderr or result.stdout).strip().splitlines()[-10:])
        raise SandboxError(f"`{' '.join(argv)}` failed:\n{lines}")
