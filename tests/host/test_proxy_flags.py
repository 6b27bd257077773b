"""kamal-proxy's own flags, and those that the settings and the documents know."""

import re
import subprocess

import pytest

from dev.sandbox import Sandbox
from tests.proxy_flags import documented_flags


@pytest.mark.parametrize("command", ["deploy", "run"])
def test_each_flag_of_kamal_proxy_has_a_setting_or_a_reason_why_not(command: str) -> None:
    program = Sandbox().paths.kamal_proxy
    text = subprocess.run([program, command, "--help"], capture_output=True, text=True, check=True).stdout
    flags = set(re.findall(r"^ +(?:-\w, )?(--[a-z0-9-]+)", text, re.MULTILINE)) - {"--help"}
    assert flags == documented_flags(command).keys()
