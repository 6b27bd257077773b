"""A machine of the sandbox: namespaces in which a Docker engine runs as it would on a server.

It has the computer's programs, and files, processes and network of its own.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

from dev.sandbox import namespaces
from dev.sandbox.commands import run
from dev.sandbox.files import make_folder, write_file
from dev.sandbox.namespaces import ALL, Namespace
from dev.sandbox.paths import Paths

BOOT_SCRIPT = Path(__file__).with_name("boot.sh")

# Where a machine sees its folder, which is its disk (boot.sh).
DISK = "/run/host"

# What exists in a machine that has booted (boot.sh).
BOOTED = "/run/booted"


def find(folder: Path) -> Namespace | None:
    """Return the running machine whose disk is `folder`."""
    return namespaces.find(folder, BOOTED)


def boot(
    paths: Paths, folder: Path, etc_files: Mapping[str, str], say: Callable[[str], None], user: str = "root"
) -> Namespace:
    """Boot a machine unless it is running.

    Args:
        paths: The sandbox's paths.
        folder: The machine's disk. The folder's name is its host name.
        etc_files: Files for the machine's own /etc, by their path there.
        say: Prints a line.
        user: A user to add, in the group docker.
    """
    for name in ("root", "home", "tmp", "etc"):
        make_folder(paths, folder / name)
    (folder / "tmp").chmod(0o1777)
    for path, content in etc_files.items():
        write_file(paths, folder / "etc" / path, content)
    if running := find(folder):
        # The files may have changed since it booted.
        run([*running.enter(), "cp", "-R", "--remove-destination", f"{DISK}/etc/.", "/etc/"])
        return running
    say(f"{folder.name}: booting")
    init = ["sh", str(BOOT_SCRIPT), folder.name, str(folder), "" if user == "root" else user]
    return namespaces.boot(folder, [*ALL, "--mount-proc"], init, BOOTED)
