"""The control groups that Docker makes and leaves behind."""

from pathlib import Path

from dev.sandbox.commands import wait_until
from dev.sandbox.paths import Paths

ROOT = Path("/sys/fs/cgroup")


def down(paths: Paths) -> None:
    """Remove the sandbox's control group from every hierarchy (cgroup v1) or from the only one (v2)."""
    wait_until(lambda: all(remove(top) for top in tops(paths)), f"the cgroups {paths.name} to be empty", 10)


def tops(paths: Paths) -> list[Path]:
    """Return the sandbox's control group in each hierarchy."""
    return [path for path in (ROOT / paths.name, *ROOT.glob(f"*/{paths.name}")) if path.is_dir()]


def remove(top: Path) -> bool:
    """Remove a control group and all groups in it; return False while a dying process is still in one."""
    below = sorted((path for path in top.rglob("*") if path.is_dir()), reverse=True)
    try:
        for path in (*below, top):
            path.rmdir()
    except FileNotFoundError:
        pass
    except OSError:
        return False
    return True
