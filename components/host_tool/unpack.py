"""Unpacks the program that comes with a step's input, and runs one of its modules.

Run by bootstrap.sh as `python -c UNPACK PATH WORDS...`. Standard input is a line with the step's input. The packed program is
the field `tool` of it, or a second line. This file is a word of a command that Pulumi shows when it fails, so it is short.
"""

import base64
import bz2
import json
import sys
from typing import Any

text, _, packed = sys.stdin.read().partition("\n")
try:
    sources = json.loads(bz2.decompress(base64.b64decode(packed or json.loads(text)["tool"])))
except Exception as error:
    sys.exit(f"host_tool: install: the program arrived damaged ({error}). Deploy again.")
module: dict[str, Any] = {"__name__": sys.argv[1]}
exec(sources[sys.argv[1]], module)
sys.exit(module["main"](sources, text, *sys.argv[2:]))
