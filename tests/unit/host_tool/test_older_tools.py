"""The host tools of earlier deploys go when nothing refers to them."""

import sys
from pathlib import Path

import pytest

from components.host_tool.records.app_folder import AppFolder
from components.host_tool.records.older_tools import forget_older_tools
from components.host_tool.records.records import RoleRecord


@pytest.mark.parametrize(
    ("tools_of_roles", "left"),
    [
        pytest.param(["host_tool-new"], ["host_tool-new"], id="the only role was released by this one"),
        pytest.param(["host_tool-new", "host_tool-new"], ["host_tool-new"], id="all roles were released by this one"),
        pytest.param(
            ["host_tool-new", "host_tool-old"], ["host_tool-new", "host_tool-old"], id="a role was by the older one"
        ),
        pytest.param(["host_tool-new", ""], ["host_tool-new", "host_tool-old"], id="a role was by the first release"),
    ],
)
def test_an_older_tool_stays_as_long_as_a_role_may_call_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tools_of_roles: list[str], left: list[str]
) -> None:
    folder = AppFolder("shop", tmp_path)
    folder.tools.mkdir(parents=True)
    for name in ("host_tool-old", "host_tool-new"):
        (folder.tools / name).touch()
    for number, tool in enumerate(tools_of_roles):
        role = f"role{number}"
        folder.role(role).save(RoleRecord("shop", role, "", "10.0.0.1", tool=tool))
    monkeypatch.setattr(sys, "argv", [str(folder.tools / "host_tool-new"), "switch"])
    forget_older_tools(folder)
    assert sorted(path.name for path in folder.tools.iterdir()) == left
