"""The host tools of earlier releases of this program, which lie beside this one."""

from __future__ import annotations

import sys
from pathlib import Path

from .app_folder import AppFolder


def this_tool() -> str:
    """Return the name of the file that runs: it has the hash of the program in it."""
    return Path(sys.argv[0]).name


def forget_older_tools(folder: AppFolder) -> None:
    """Remove the tools that no Command in the state calls any more.

    The teardown of a role or an accessory calls the tool of the program that declared it last, and that program has released the role
    last, too. So once every one of the app has been released by this tool, nothing calls another one.
    """
    tool = this_tool()
    records = [*(role.record() for role in folder.roles()), *(each.record() for each in folder.accessories())]
    if not all(record and record.tool == tool for record in records):
        return
    for path in folder.tools.glob("host_tool-*"):
        if path.name != tool:
            path.unlink()
    for role in folder.roles():
        # With it the first release's tool found the role's containers.
        (role.path / "names").unlink(missing_ok=True)
