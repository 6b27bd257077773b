"""The cgroups that Docker makes and leaves behind."""

from pathlib import Path

from dev.sandbox.commands import wait_until
from dev.sandbox.layout import Layout

ROOT = Path("/sys/fs/cgroup")


def down(layout: Layout) -> None:
    """Remove the sandbox's cgroup from every hierarchy (cgroup v1) or the one there is (v2)."""
    wait_until(lambda: all(remove(top) for top in tops(layout)), f"the cgroups {layout.name} to be empty", 10)


def tops(layout: Layout) -> list[Path]:
    return [path for path in (ROOT / layout.name, *ROOT.glob(f"*/{layout.name}")) if path.is_dir()]


def remove(top: Path) -> bool:
    """Remove `top` and all below it; False while a dying process still holds one."""
    below = sorted((path for path in top.rglob("*") if path.is_dir()), reverse=True)
    try:
        for path in (*below, top):
            path.rmdir()
    except FileNotFoundError:
        pass
    except OSError:
        return False
    return True
