"""The tables of kamal-proxy's flags in docs/kamal-proxy.md."""

import re
from pathlib import Path

PAGE = Path(__file__).resolve().parents[1] / "docs" / "kamal-proxy.md"


def documented_flags(command: str) -> dict[str, str]:
    """Return the flags of a command of kamal-proxy that the page names, each with where its value comes from."""
    [section] = re.findall(
        rf"^## `kamal-proxy {command}`\n(.*?)(?=^## |\Z)", PAGE.read_text(), re.MULTILINE | re.DOTALL
    )
    return dict(re.findall(r"^\| `(--[a-z0-9-]+)` \| (.*) \|$", section, re.MULTILINE))


def flags_with_a_setting(command: str) -> set[str]:
    """Return the flags that come from a setting."""
    return {flag for flag, source in documented_flags(command).items() if source.startswith("`")}
