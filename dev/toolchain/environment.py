"""`.local/env`: what a shell needs to run Pulumi for the user's own stacks."""

import shlex
from pathlib import Path

from dev.toolchain import paths


def write(cli: Path, *, stand_ins: bool) -> None:
    """Write the file.

    It says nothing about where stacks are stored or how they are encrypted: that is up to the user.

    Args:
        cli: The folder with `pulumi`.
        stand_ins: Whether a plugin that was built here stands in for an official one.
    """
    path = ":".join(str(folder) for folder in dict.fromkeys((paths.VENV / "bin", cli, paths.BIN)))
    lines = [
        "# Source this to run Pulumi for your own stacks: `. .local/env`. Written by `python3 -m dev.toolchain`.",
        f"export PATH={shlex.quote(path)}:$PATH",
        f"export VIRTUAL_ENV={shlex.quote(str(paths.VENV))}",
        "export PULUMI_SKIP_UPDATE_CHECK=true",
        # The program starts faster when it is compiled only once.
        "unset PYTHONDONTWRITEBYTECODE",
    ]
    if stand_ins:
        lines += [
            # Also where the user has set another one: the plugins are here, and stay out of the user's own home.
            f"export PULUMI_HOME={shlex.quote(str(paths.STAND_IN_HOME))}",
            # A missing plugin cannot be downloaded: trying to would cost seconds at every run.
            "export PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION=true",
            # A plugin on the PATH must not take the place of an installed one.
            "export PULUMI_IGNORE_AMBIENT_PLUGINS=true",
        ]
    # Renamed when complete: another shell may be reading the file now.
    unfinished = paths.ENVIRONMENT.with_name(f"{paths.ENVIRONMENT.name}.unfinished")
    unfinished.write_text("\n".join(lines) + "\n")
    unfinished.replace(paths.ENVIRONMENT)
